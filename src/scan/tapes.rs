//! The demo's estate: one tape a service, in the binary, joined to one.

use crate::collect::exchange::tape::{Exchange, Tape, TapeError};

/// The tape of each service of the demo's estate (`tests/estates/<service>/demo.tape`).
static DEMO: &[&[u8]] = include!(concat!(env!("OUT_DIR"), "/demo_tapes.rs"));

/// The call that every scan begins with.
const FIRST: &str = "GetCallerIdentity";

/// The recorded estate: a small company in two regions, with good, bad and unreadable parts.
///
/// # Errors
///
/// If a tape in the binary cannot be read.
pub fn demo() -> Result<Tape, TapeError> {
    let tapes = DEMO.iter().map(|tape| Tape::read(*tape)).collect::<Result<Vec<_>, _>>()?;
    join(tapes).ok_or(TapeError::Empty)
}

/// One tape of several that were recorded of the same account. The one that holds the call which every
/// scan begins with is the first, and its header, with the clock, is that of all; the others follow in
/// the order given. Captures are numbered anew, in that order. `None` where there are no tapes.
#[must_use]
pub fn join(mut tapes: Vec<Tape>) -> Option<Tape> {
    let leads = |tape: &Tape| tape.exchanges().iter().any(|exchange| exchange.capture.operation == FIRST);
    if let Some(at) = tapes.iter().position(leads) {
        tapes[..=at].rotate_right(1);
    }
    let header = tapes.first()?.header.clone();
    let mut joined = Vec::new();
    for exchange in tapes.iter().flat_map(Tape::exchanges) {
        let mut exchange = Exchange::clone(&exchange);
        exchange.capture.n = joined.len() as u64 + 1;
        joined.push(exchange);
    }
    Some(Tape::new(header, joined))
}

#[cfg(test)]
mod tests {
    use super::{FIRST, demo, join};

    #[test]
    fn the_tapes_of_the_demo_are_one_account_s_and_are_numbered_through() {
        let tape = demo().expect("the tapes in the binary can be read");
        let exchanges = tape.exchanges();
        assert_eq!(exchanges[0].capture.operation, FIRST);
        let numbers: Vec<u64> = exchanges.iter().map(|exchange| exchange.capture.n).collect();
        assert_eq!(numbers, (1..=exchanges.len() as u64).collect::<Vec<_>>());
        let endpoint = tape.header.endpoint.as_deref();
        for exchange in &exchanges {
            let capture = &exchange.capture;
            // A question is known by the endpoint, too: another one would never be asked again.
            assert_eq!(Some(capture.endpoint.as_str()), endpoint, "{} {}", capture.service, capture.operation);
        }
    }

    #[test]
    fn no_tapes_are_none() {
        assert!(join(Vec::new()).is_none());
    }
}
