//! Parts of the page that are many and alike, packed: the script unpacks them when somebody looks.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use maud::{Markup, html};

use crate::report::escape;

/// A bundle is closed when it holds so many bytes: the larger, the smaller it gets, and the longer it takes to open.
const BUNDLE: usize = 400_000;

/// Parts on their way into bundles.
#[derive(Default)]
pub(super) struct Packer {
    bundles: Vec<String>,
    open: Vec<String>,
    size: usize,
}

impl Packer {
    /// Takes a part in, and says where it will be: in which bundle, and at which place of it.
    pub(super) fn add(&mut self, part: Markup) -> (usize, usize) {
        if self.size >= BUNDLE {
            self.close();
        }
        let part = escape::document(&part.into_string());
        self.size += part.len();
        self.open.push(part);
        (self.bundles.len(), self.open.len() - 1)
    }

    /// How many bytes of the page the closed bundles take.
    pub(super) fn len(&self) -> usize {
        self.bundles.iter().map(String::len).sum()
    }

    fn close(&mut self) {
        self.size = 0;
        let text = serde_json::Value::from(std::mem::take(&mut self.open)).to_string();
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        // Writing to memory does not fail.
        let bytes = packed.write_all(text.as_bytes()).and_then(|()| packed.finish()).unwrap_or_default();
        self.bundles.push(STANDARD.encode(bytes));
    }

    /// The bundles, which nobody sees.
    pub(super) fn finish(mut self) -> Markup {
        if !self.open.is_empty() {
            self.close();
        }
        html! { @for bundle in &self.bundles { p.bundle hidden { (bundle) } } }
    }
}
