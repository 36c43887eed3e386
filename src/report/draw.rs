//! Draws findings and exchanges as lines of text.
