//! Secrets in CBOR, by value: an answer in which something is replaced is written anew.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ciborium::Value as Cbor;

use super::super::model::{Kind, Shape};
use super::super::read::DEPTH;
use super::{Hand, Unfit, steps};

/// The answer without the values of these members.
pub(super) fn replaced<'m>(
    hand: &mut Hand<'m>,
    output: &Shape,
    body: &[u8],
    members: &[&'m str],
) -> Result<Vec<u8>, Unfit> {
    let mut rest = body;
    let mut answer: Cbor = ciborium::de::from_reader_with_recursion_limit(&mut rest, 2 * DEPTH).map_err(|_| Unfit)?;
    if !rest.is_empty() {
        return Err(Unfit);
    }
    let before = answer.clone();
    for member in members {
        hand.member = member;
        follow(hand, &mut answer, output, &steps(member), 0)?;
    }
    if answer == before {
        return Ok(body.to_vec());
    }
    let mut written = Vec::with_capacity(body.len());
    ciborium::into_writer(&answer, &mut written).map_err(|_| Unfit)?;
    Ok(written)
}

/// Goes to the end of the path, for every element and value on the way.
fn follow(hand: &mut Hand<'_>, found: &mut Cbor, shape: &Shape, path: &[&str], depth: usize) -> Result<(), Unfit> {
    let Some((name, rest)) = path.split_first() else { return withhold(hand, found, Some(shape), depth) };
    if depth > DEPTH {
        return Err(Unfit);
    }
    match (shape.kind, found) {
        (_, Cbor::Null) => {}
        (Kind::Structure, Cbor::Map(entries)) => {
            let member = shape.members.get(*name).ok_or(Unfit)?;
            let shape = hand.shape(member);
            for (_, value) in entries.iter_mut().filter(|(found, _)| found.as_text() == Some(name)) {
                follow(hand, value, shape, rest, depth + 1)?;
            }
        }
        (Kind::List, Cbor::Array(elements)) => {
            let shape = hand.shape(shape.member.as_ref().ok_or(Unfit)?);
            for element in elements {
                follow(hand, element, shape, path, depth + 1)?;
            }
        }
        (Kind::Map, Cbor::Map(entries)) => {
            let shape = hand.shape(shape.value.as_ref().ok_or(Unfit)?);
            for (_, value) in entries {
                follow(hand, value, shape, path, depth + 1)?;
            }
        }
        _ => return Err(Unfit),
    }
    Ok(())
}

/// Replaces every value within this one, also of members that the model does not know. Keys stay.
fn withhold(hand: &mut Hand<'_>, found: &mut Cbor, shape: Option<&Shape>, depth: usize) -> Result<(), Unfit> {
    if depth > DEPTH {
        return Err(Unfit);
    }
    match found {
        Cbor::Map(entries) => {
            for (key, value) in entries {
                let key = key.as_text().ok_or(Unfit)?;
                let inside = shape.and_then(|shape| match shape.kind {
                    Kind::Map => shape.value.as_ref(),
                    _ => shape.members.get(key),
                });
                let inside = inside.map(|member| hand.shape(member));
                withhold(hand, value, inside, depth + 1)?;
            }
        }
        Cbor::Array(elements) => {
            let inside = shape.and_then(|shape| shape.member.as_ref()).map(|member| hand.shape(member));
            for element in elements {
                withhold(hand, element, inside, depth + 1)?;
            }
        }
        Cbor::Null => {}
        Cbor::Text(text) => {
            if let Some(instead) = hand.instead(text, None) {
                *text = instead;
            }
        }
        Cbor::Bytes(bytes) => {
            // The value that is committed to is what a reader of the answer sees.
            if let Some(instead) = hand.instead(&BASE64.encode(&bytes), None) {
                *bytes = instead.into_bytes();
            }
        }
        // Numbers, flags and times are no text: an answer that has some there is withheld as a whole.
        _ => return Err(Unfit),
    }
    Ok(())
}
