//! What an import into Okta does with the users of a server: they are read page by page, matched with those of Okta, and told of.

pub mod hooked;
pub mod matching;
pub mod preview;
pub mod read;
pub mod rows;
