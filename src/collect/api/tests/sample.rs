//! A sample answer of any operation, made from the shapes of its model: the document, and the same
//! answer in the form in which the service's protocol sends it.
//!
//! Every member is there, unless a smaller sample is asked for; strings hold what must be escaped,
//! words that the model does not know, times with and without a fraction.

use serde_json::{Map, Value, json};

use super::super::model::{Kind, Member, OperationModel, Protocol, ServiceModel, Shape};
use super::wire;

/// An answer, and how it is read.
pub(crate) struct Sample {
    /// What a reader must make of it.
    pub(crate) document: Value,
    /// The headers that carry members of it, and those of the protocol.
    pub(crate) headers: Vec<(String, String)>,
    /// The body as it is sent.
    pub(crate) body: Vec<u8>,
}

/// How much of the shapes a sample has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    /// Members of a structure, the first so many.
    pub(crate) members: usize,
    /// Elements of a list, entries of a map.
    pub(crate) elements: usize,
}

impl Extent {
    /// All members, and lists of two.
    pub(crate) const WHOLE: Self = Self { members: usize::MAX, elements: 2 };
}

/// A sample answer of an operation, in a protocol.
pub(crate) fn sample(service: &ServiceModel, name: &str, extent: Extent, protocol: Protocol) -> Sample {
    let operation = &service.operations[name];
    let mut maker = Maker { service, extent, count: 0, within: Vec::new() };
    let document = match operation.output.as_deref() {
        Some(output) => maker.value(output, None).expect("an output is not within itself"),
        None => json!({}),
    };
    let (headers, body) = wire::answer(service, name, operation, protocol, &document);
    Sample { document, headers, body }
}

/// The operations of a service with the shapes of their outputs.
pub(crate) fn outputs(service: &ServiceModel) -> impl Iterator<Item = (&str, &OperationModel, &Shape)> {
    service.operations.iter().filter_map(|(name, operation)| {
        let output = service.shape(operation.output.as_deref()?);
        Some((name.as_str(), operation, output))
    })
}

struct Maker<'a> {
    service: &'a ServiceModel,
    extent: Extent,
    /// Scalars so far: they differ.
    count: usize,
    /// The shapes around this one. A shape within itself ends there.
    within: Vec<String>,
}

impl Maker<'_> {
    /// A value of a shape, where a member has it; none where it is within itself.
    fn value(&mut self, name: &str, place: Option<&Member>) -> Option<Value> {
        let shape = self.service.shape(name);
        if self.within.iter().any(|outer| outer == name) {
            return None;
        }
        self.within.push(name.to_owned());
        let value = self.inside(shape, place);
        self.within.pop();
        value
    }

    fn inside(&mut self, shape: &Shape, place: Option<&Member>) -> Option<Value> {
        match shape.kind {
            _ if shape.document => Some(json!({"any": ["thing", 1, null]})),
            Kind::Structure => Some(self.structure(shape)),
            Kind::List => {
                let of = shape.member.as_ref()?;
                let elements: Option<Vec<Value>> =
                    (0..self.extent.elements).map(|_| self.value(&of.shape, Some(of))).collect();
                elements.map(Value::Array)
            }
            Kind::Map => {
                let (key, of) = (shape.key.as_ref()?, shape.value.as_ref()?);
                let mut entries = Map::new();
                for _ in 0..self.extent.elements {
                    let key = self.value(&key.shape, Some(key))?;
                    entries.insert(key.as_str()?.to_owned(), self.value(&of.shape, Some(of))?);
                }
                Some(Value::Object(entries))
            }
            _ => Some(self.scalar(shape, place)),
        }
    }

    fn structure(&mut self, shape: &Shape) -> Value {
        let mut members: Vec<(&String, &Member)> = shape.members.iter().take(self.extent.members).collect();
        // The body is there, even where there is nothing in it.
        members.extend(shape.payload.iter().filter_map(|payload| shape.members.get_key_value(payload)));
        // Of a union there is one member, not always the same.
        let first = self.count % members.len().max(1);
        let chosen: Vec<_> =
            if shape.union { members.into_iter().cycle().skip(first).take(1).collect() } else { members };
        let mut document = Map::new();
        for (name, member) in chosen {
            if let Some(value) = self.value(&member.shape, Some(member)) {
                document.insert(name.clone(), value);
            }
        }
        Value::Object(document)
    }

    fn scalar(&mut self, shape: &Shape, place: Option<&Member>) -> Value {
        self.count += 1;
        let count = self.count;
        let in_header = place.is_some_and(wire::in_header);
        match shape.kind {
            Kind::Boolean => json!(count.is_multiple_of(2)),
            Kind::Integer | Kind::Short => json!(i64::try_from(count).expect("few") - 2),
            // More than a double can say.
            Kind::Long => json!(9_007_199_254_740_993_i64 + i64::try_from(count).expect("few")),
            Kind::Float | Kind::Double => json!(0.25 + f64::from(u32::try_from(count).expect("few"))),
            Kind::Blob => json!(["", "YQ==", "AP+A"][count % 3]),
            Kind::Timestamp => {
                // A time in words has no fraction.
                let formats =
                    [shape.timestamp_format.as_ref(), place.and_then(|place| place.timestamp_format.as_ref())];
                let words = in_header || formats.into_iter().flatten().any(|format| format == "rfc822");
                json!(["2026-03-04T05:06:07Z", "2026-03-04T05:06:07.25Z"][if words { 0 } else { count % 2 }])
            }
            _ if shape.words.is_empty() && in_header => json!(format!("plain-{count}")),
            _ if shape.words.is_empty() => json!(format!("<\"{count}\" & 'é😀'>")),
            _ if count.is_multiple_of(4) => json!(format!("A_NEW_WORD_{count}")),
            _ => json!(shape.words[count % shape.words.len()]),
        }
    }
}
