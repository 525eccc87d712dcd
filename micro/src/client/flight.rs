//! One attempt that is under way: counted, and reported to the selector at its end.

use std::sync::Arc;
use std::time::Instant;

use super::balance::Counted;
use crate::error::{Code, Error};
use crate::layer::Response;
use crate::registry::Node;
use crate::selector::{Finished, Selector};
use crate::spec::Spec;

/// Counts a node as busy until it is dropped. Dropped without a word it reports `cancelled`.
pub(super) struct Flight {
    counted: Counted,
    selector: Arc<dyn Selector>,
    began: Instant,
    code: Option<Code>,
}

impl Flight {
    pub(super) fn begin(counted: &Counted, selector: &Arc<dyn Selector>) -> Self {
        counted.begin();
        Flight {
            counted: counted.clone(),
            selector: selector.clone(),
            began: Instant::now(),
            code: Some(Code::Cancelled),
        }
    }

    /// Returns the node that works on it.
    pub(super) fn node(&self) -> &Arc<Node> {
        &self.counted.node
    }

    /// Ends the attempt.
    pub(super) fn end(mut self, result: Result<(), &Error>) {
        self.code = result.err().map(Error::code);
    }

    /// Ends the attempt with its response: now, or with the last message of a stream.
    pub(super) fn follow(self, spec: &Spec, response: Response) -> Response {
        if spec.kind.server_streams() {
            return response.map_body(|body| body.on_end(move |result| self.end(result)));
        }
        self.end(Ok(()));
        response
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.counted.end();
        self.selector.finished(&self.counted.node, &Finished::new(self.began.elapsed(), self.code));
    }
}
