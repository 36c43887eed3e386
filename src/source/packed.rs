//! Trees as bytes: what is embedded is parsed when the program is built and not again at each start.
//!
//! **Invariant:** a packed tree is only ever read together with the text it was made from, and says nothing that parsing the text
//! would not say.

use std::sync::Arc;

use super::{Kind, Located, Node, SourceFile, Span};

/// How deep a tree may nest. The parser allows less; this only keeps damaged bytes from exhausting the stack.
const MAX_DEPTH: usize = 64;

/// What follows in the bytes.
mod tag {
    pub(super) const NULL: u8 = 0;
    pub(super) const FALSE: u8 = 1;
    pub(super) const TRUE: u8 = 2;
    pub(super) const NUMBER: u8 = 3;
    /// Text that stands in the file just so, which most does.
    pub(super) const WRITTEN: u8 = 4;
    /// Text that was in quotes with escapes, or folded.
    pub(super) const STRING: u8 = 5;
    pub(super) const SEQ: u8 = 6;
    pub(super) const MAP: u8 = 7;
}

/// A tree as bytes.
pub fn pack(node: &Node) -> Vec<u8> {
    let mut bytes = Vec::new();
    put(node, &mut bytes);
    bytes
}

/// The tree of a file, from what [`pack`] made of it; `None` when the bytes are something else.
pub fn unpack(bytes: &[u8], file: &Arc<SourceFile>) -> Option<Node> {
    let mut reader = Reader { bytes, file };
    let node = reader.node(0)?;
    reader.bytes.is_empty().then_some(node)
}

fn put(node: &Node, into: &mut Vec<u8>) {
    match &node.kind {
        Kind::Null => put_scalar(tag::NULL, &node.span, into),
        Kind::Bool(false) => put_scalar(tag::FALSE, &node.span, into),
        Kind::Bool(true) => put_scalar(tag::TRUE, &node.span, into),
        Kind::Number(number) => {
            put_scalar(tag::NUMBER, &node.span, into);
            put_text(&number.to_string(), into);
        }
        Kind::String(text) => put_string(text, &node.span, into),
        Kind::Seq(items) => {
            put_scalar(tag::SEQ, &node.span, into);
            put_count(items.len(), into);
            items.iter().for_each(|item| put(item, into));
        }
        Kind::Map(entries) => {
            put_scalar(tag::MAP, &node.span, into);
            put_count(entries.len(), into);
            for (key, value) in entries {
                put_string(&key.value, &key.span, into);
                put(value, into);
            }
        }
    }
}

fn put_scalar(tag: u8, span: &Span, into: &mut Vec<u8>) {
    into.push(tag);
    put_count(span.bytes.start, into);
    put_count(span.bytes.len(), into);
}

fn put_string(text: &str, span: &Span, into: &mut Vec<u8>) {
    if span.file.text.get(span.bytes.clone()) == Some(text) {
        put_scalar(tag::WRITTEN, span, into);
    } else {
        put_scalar(tag::STRING, span, into);
        put_text(text, into);
    }
}

fn put_text(text: &str, into: &mut Vec<u8>) {
    put_count(text.len(), into);
    into.extend_from_slice(text.as_bytes());
}

/// Seven bits at a time, the lowest first; the highest bit says that more follows.
fn put_count(mut count: usize, into: &mut Vec<u8>) {
    while count >= 0x80 {
        into.push((count & 0x7f) as u8 | 0x80);
        count >>= 7;
    }
    into.push(count as u8);
}

struct Reader<'a> {
    bytes: &'a [u8],
    file: &'a Arc<SourceFile>,
}

impl<'a> Reader<'a> {
    fn node(&mut self, depth: usize) -> Option<Node> {
        let (tag, span) = self.scalar()?;
        let kind = match tag {
            tag::NULL => Kind::Null,
            tag::FALSE => Kind::Bool(false),
            tag::TRUE => Kind::Bool(true),
            tag::NUMBER => Kind::Number(self.text()?.parse().ok()?),
            tag::WRITTEN | tag::STRING => Kind::String(self.string(tag, &span)?),
            tag::SEQ if depth < MAX_DEPTH => {
                let count = self.count()?;
                let mut items = Vec::with_capacity(count.min(self.bytes.len()));
                for _ in 0..count {
                    items.push(self.node(depth + 1)?);
                }
                Kind::Seq(items)
            }
            tag::MAP if depth < MAX_DEPTH => {
                let count = self.count()?;
                let mut entries = Vec::with_capacity(count.min(self.bytes.len()));
                for _ in 0..count {
                    entries.push(self.entry(depth + 1)?);
                }
                Kind::Map(entries)
            }
            _ => return None,
        };
        Some(Node { kind, span })
    }

    fn entry(&mut self, depth: usize) -> Option<(Located<String>, Node)> {
        let (tag, span) = self.scalar()?;
        let value = self.string(tag, &span)?;
        Some((Located { value, span }, self.node(depth)?))
    }

    fn scalar(&mut self) -> Option<(u8, Span)> {
        let (&tag, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        let (start, length) = (self.count()?, self.count()?);
        Some((tag, Span { file: Arc::clone(self.file), bytes: start..start.checked_add(length)? }))
    }

    fn string(&mut self, tag: u8, span: &Span) -> Option<String> {
        match tag {
            tag::WRITTEN => self.file.text.get(span.bytes.clone()).map(str::to_owned),
            tag::STRING => self.text().map(str::to_owned),
            _ => None,
        }
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.count()?;
        let (text, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        std::str::from_utf8(text).ok()
    }

    fn count(&mut self) -> Option<usize> {
        let mut count = 0_usize;
        for shift in (0..usize::BITS).step_by(7) {
            let (&byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            count |= usize::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(count);
            }
        }
        None
    }
}
