//! Arithmetic of address ranges.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::super::value::Value;
use super::arguments::Call;
use super::{FunctionError, Outcome};

/// The most ranges that `cidrsubnets` gives.
const SUBNET_LIMIT: usize = 4096;

/// The most bits by which a prefix is made longer at once, as in Terraform.
const NEW_BITS_LIMIT: u32 = 32;

/// A range of addresses: its first address as a number, the bits of its prefix, the bits of all.
#[derive(Debug, Clone, Copy)]
struct Prefix {
    base: u128,
    bits: u32,
    of: u32,
}

/// An address; the parts of an IPv4 address may have zeros before them, which count for nothing.
fn address(text: &str) -> Option<(u128, u32)> {
    if text.contains(':') {
        return text.parse::<Ipv6Addr>().ok().map(|address| (u128::from(address), 128));
    }
    let parts: Option<Vec<u8>> = text
        .split('.')
        .map(|part| {
            let digits = (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse().ok()).flatten()
        })
        .collect();
    let parts: [u8; 4] = parts?.try_into().ok()?;
    Some((u128::from(u32::from_be_bytes(parts)), 32))
}

impl Prefix {
    fn read(text: &str) -> Option<Self> {
        let (base, bits) = text.split_once('/')?;
        let (base, of) = address(base)?;
        let digits = !bits.is_empty() && bits.len() <= 3 && bits.bytes().all(|byte| byte.is_ascii_digit());
        let bits: u32 = digits.then(|| bits.parse().ok()).flatten()?;
        if bits > of {
            return None;
        }
        let prefix = Self { base, bits, of };
        Some(Self { base: base & !prefix.host_mask(), ..prefix })
    }

    /// The bits that tell its addresses apart.
    fn host_mask(self) -> u128 {
        match self.of - self.bits {
            128 => u128::MAX,
            host => (1 << host) - 1,
        }
    }

    fn shown(self, number: u128) -> IpAddr {
        if self.of == 32 {
            IpAddr::V4(Ipv4Addr::from(u32::try_from(number & u128::from(u32::MAX)).unwrap_or(0)))
        } else {
            IpAddr::V6(Ipv6Addr::from(number))
        }
    }

    /// The range number `at` of those that are longer by `more` bits.
    fn subnet(self, more: u32, at: u128) -> Option<Self> {
        let bits = self.bits.checked_add(more).filter(|bits| *bits <= self.of)?;
        let fits = more >= 128 || at >> more == 0;
        let offset = at.checked_shl(self.of - bits).filter(|_| fits).unwrap_or(0);
        fits.then_some(Self { base: self.base | offset, bits, of: self.of })
    }

    fn text(self) -> String {
        format!("{}/{}", self.shown(self.base), self.bits)
    }
}

fn prefix(call: &Call<'_>) -> Result<Prefix, FunctionError> {
    Prefix::read(&call.text(0)?).ok_or_else(|| call.error("the text is no address range"))
}

pub(super) fn cidrhost(call: &Call<'_>) -> Outcome {
    let (prefix, number) = (prefix(call)?, call.integer(1)?);
    let mask = prefix.host_mask();
    let host = if number >= 0 {
        Some(u128::from(number.unsigned_abs())).filter(|host| *host <= mask)
    } else {
        // Counted from the last address.
        mask.checked_sub(u128::from(number.unsigned_abs()) - 1)
    };
    let host = host.ok_or_else(|| call.error("the range does not have so many addresses"))?;
    call.short(&prefix.shown(prefix.base | host).to_string())
}

pub(super) fn cidrnetmask(call: &Call<'_>) -> Outcome {
    let prefix = prefix(call)?;
    if prefix.of != 32 {
        return Err(call.error("only IPv4 has netmasks"));
    }
    call.short(&prefix.shown(!prefix.host_mask()).to_string())
}

pub(super) fn cidrsubnet(call: &Call<'_>) -> Outcome {
    let prefix = prefix(call)?;
    let more = u32::try_from(call.integer(1)?).map_err(|_| call.error("the new bits are not negative"))?;
    let at = u128::try_from(call.integer(2)?).map_err(|_| call.error("the number is not negative"))?;
    let subnet = prefix.subnet(more, at).ok_or_else(|| call.error("the range is not large enough"))?;
    call.short(&subnet.text())
}

pub(super) fn cidrsubnets(call: &Call<'_>) -> Outcome {
    let prefix = prefix(call)?;
    if call.args.len() > SUBNET_LIMIT {
        return Err(call.error("the result has too many elements"));
    }
    let full = || call.error("the range is not large enough");
    let mut made = Vec::new();
    // How many addresses of the range are given away; `None` when the last one is.
    let mut next = Some(0_u128);
    for at in 1..call.args.len() {
        let more = u32::try_from(call.integer(at)?).ok().filter(|more| (1..=NEW_BITS_LIMIT).contains(more));
        let more = more.ok_or_else(|| call.error("the new bits are from 1 to 32"))?;
        let bits = prefix.bits.checked_add(more).filter(|bits| *bits <= prefix.of).ok_or_else(full)?;
        let subnet = Prefix { base: 0, bits, of: prefix.of };
        let mask = subnet.host_mask();
        // Ranges begin at a multiple of their size.
        let start = next.and_then(|next| next.checked_add(mask)).ok_or_else(full)? & !mask;
        let end = start.checked_add(mask).filter(|end| *end <= prefix.host_mask()).ok_or_else(full)?;
        made.push(Value::text(&Prefix { base: prefix.base | start, ..subnet }.text()));
        next = end.checked_add(1);
    }
    Ok(Value::list(made))
}

/// Only `OpenTofu` has it: whether a range holds an address or the whole of another range.
pub(super) fn cidrcontains(call: &Call<'_>) -> Outcome {
    let (outer, inner) = (prefix(call)?, call.text(1)?);
    let wrong = || call.error("the text is no address and no address range");
    let (base, bits, of) = match Prefix::read(&inner) {
        Some(inner) => (inner.base, inner.bits, inner.of),
        None => address(&inner).map(|(base, of)| (base, of, of)).ok_or_else(wrong)?,
    };
    if of != outer.of {
        return Err(call.error("the address families are not the same"));
    }
    Ok(Value::Bool(bits >= outer.bits && base & !outer.host_mask() == outer.base))
}
