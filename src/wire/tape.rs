//! x
use super::{Exchange, Request};
/// x
#[derive(Debug)]
pub struct Tape;
impl Tape {
    /// x
    pub fn send(&self, _case: &str, _request: Request) -> Exchange {
        unreachable!()
    }
    /// x
    pub fn next_look(&self, _case: &str) -> Option<u32> {
        None
    }
}
