//! x
use super::{Exchange, Request};
/// x
#[derive(Debug)]
pub struct HttpWire;
impl HttpWire {
    /// x
    pub async fn send(&self, _request: Request) -> Exchange {
        unreachable!()
    }
}
