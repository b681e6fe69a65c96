//! Sets of addresses, as merged intervals, and whether they are the internet.

use std::net::IpAddr;
use std::sync::LazyLock;

use ipnet::IpNet;

/// IPv4 ranges that no packet from the internet carries as its source (IANA special-purpose
/// registry).
const NOT_INTERNET_V4: [&str; 14] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
];

/// The IPv6 global unicast space, of which all public addresses are.
const INTERNET_V6: &str = "2000::/3";

/// Inclusive intervals: sorted, disjoint, and with a gap between any two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::control::functions) struct Intervals(Vec<(u128, u128)>);

impl Intervals {
    fn add(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
        self.0.sort_unstable();
        let mut merged: Vec<(u128, u128)> = Vec::with_capacity(self.0.len());
        for &(from, to) in &self.0 {
            match merged.last_mut() {
                Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        self.0 = merged;
    }

    fn without(&self, other: &Self) -> Self {
        let mut left = Vec::new();
        for &(from, to) in &self.0 {
            let mut start = Some(from);
            for &(cut_from, cut_to) in other.0.iter().filter(|cut| cut.1 >= from && cut.0 <= to) {
                let Some(at) = start else { break };
                if cut_from > at {
                    left.push((at, cut_from - 1));
                }
                start = if cut_to >= to { None } else { Some(cut_to + 1) };
            }
            if let Some(at) = start {
                left.push((at, to));
            }
        }
        Self(left)
    }

    fn covers(&self, other: &Self) -> bool {
        other.without(self).0.is_empty()
    }

    fn meets(&self, other: &Self) -> bool {
        other.without(self) != *other
    }
}

/// How broad a range is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::control::functions) struct Breadth {
    prefix: u8,
    is_v4: bool,
}

impl Breadth {
    /// Broader than a /8 (IPv4) or a /32 (IPv6).
    pub(in crate::control::functions) fn is_very_broad(self) -> bool {
        self.prefix < if self.is_v4 { 8 } else { 32 }
    }
}

/// A set of IPv4 and IPv6 addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::control::functions) struct Addresses {
    v4: Intervals,
    v6: Intervals,
}

static INTERNET: LazyLock<Addresses> = LazyLock::new(|| {
    let mut special = Addresses::default();
    for range in NOT_INTERNET_V4 {
        special.add(&Addresses::parse(range).expect("a constant range").0);
    }
    let all = Addresses::parse("0.0.0.0/0").expect("a constant range").0;
    let v6 = Addresses::parse(INTERNET_V6).expect("a constant range").0;
    Addresses { v4: all.v4.without(&special.v4), v6: v6.v6 }
});

impl Addresses {
    /// The addresses of a range in CIDR form, or of one address. Host bits may be set: AWS clears
    /// them.
    pub(in crate::control::functions) fn parse(text: &str) -> Option<(Self, Breadth)> {
        let text = text.trim();
        let net = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
        let mut set = Self::default();
        let is_v4 = match net {
            IpNet::V4(net) => {
                set.v4.0.push((net.network().to_bits().into(), net.broadcast().to_bits().into()));
                true
            }
            IpNet::V6(net) => {
                set.v6.0.push((net.network().to_bits(), net.broadcast().to_bits()));
                false
            }
        };
        Some((set, Breadth { prefix: net.prefix_len(), is_v4 }))
    }

    /// Every address there is.
    pub(in crate::control::functions) fn everything() -> Self {
        Self { v4: Intervals(vec![(0, u32::MAX.into())]), v6: Intervals(vec![(0, u128::MAX)]) }
    }

    /// Adds the addresses of the other set.
    pub(in crate::control::functions) fn add(&mut self, other: &Self) {
        self.v4.add(&other.v4);
        self.v6.add(&other.v6);
    }

    /// The addresses that are not in the other set.
    pub(in crate::control::functions) fn without(&self, other: &Self) -> Self {
        Self { v4: self.v4.without(&other.v4), v6: self.v6.without(&other.v6) }
    }

    /// Whether every public IPv4 address, or every public IPv6 address, is in it.
    pub(in crate::control::functions) fn covers_the_internet(&self) -> bool {
        self.v4.covers(&INTERNET.v4) || self.v6.covers(&INTERNET.v6)
    }

    /// How many public addresses are not in it, of IPv4 and of IPv6.
    pub(in crate::control::functions) fn missing(&self) -> [u128; 2] {
        let count = |left: &Intervals| left.0.iter().map(|(from, to)| to - from + 1).sum();
        [count(&INTERNET.v4.without(&self.v4)), count(&INTERNET.v6.without(&self.v6))]
    }

    /// Whether any public address is in it.
    pub(in crate::control::functions) fn meets_the_internet(&self) -> bool {
        self.v4.meets(&INTERNET.v4) || self.v6.meets(&INTERNET.v6)
    }

    /// Its IPv4 part, and its IPv6 part.
    pub(in crate::control::functions) fn by_family(&self) -> [Self; 2] {
        [Self { v4: self.v4.clone(), v6: Intervals::default() }, Self { v4: Intervals::default(), v6: self.v6.clone() }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(ranges: &[&str]) -> Addresses {
        let mut set = Addresses::default();
        for range in ranges {
            set.add(&Addresses::parse(range).expect("a range").0);
        }
        set
    }

    #[test]
    fn halves_together_are_the_internet() {
        assert!(set(&["0.0.0.0/1", "128.0.0.0/1"]).covers_the_internet());
        assert!(set(&["::/1", "8000::/1"]).covers_the_internet());
        assert!(set(&["2000::/3"]).covers_the_internet());
        assert!(set(&["1.2.3.4/0"]).covers_the_internet(), "host bits do not matter");
        assert!(!set(&["0.0.0.0/1"]).covers_the_internet());
        assert!(!set(&["0.0.0.0/1", "8000::/1"]).covers_the_internet());
        assert!(!set(&["10.0.0.0/8", "fc00::/7"]).meets_the_internet());
        assert!(Addresses::everything().covers_the_internet());
        for text in ["", "0.0.0.0/33", "1.2.3/8", "any", "::/129"] {
            assert!(Addresses::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_internet_without_its_private_ranges_is_still_the_internet() {
        let all = set(&["0.0.0.0/0"]);
        assert!(all.without(&set(&["10.0.0.0/8", "192.168.0.0/16"])).covers_the_internet());
        assert!(!all.without(&set(&["8.8.8.8/32"])).covers_the_internet());
    }

    fn intervals() -> impl Strategy<Value = Intervals> {
        prop::collection::vec((0_u128..24, 0_u128..8), 0..6).prop_map(|list| {
            let mut set = Intervals::default();
            for (from, length) in list {
                set.add(&Intervals(vec![(from, from + length)]));
            }
            set
        })
    }

    fn members(set: &Intervals) -> Vec<u128> {
        (0..40).filter(|at| set.0.iter().any(|(from, to)| from <= at && at <= to)).collect()
    }

    proptest! {
        #[test]
        fn interval_arithmetic_equals_brute_force(one in intervals(), other in intervals()) {
            let (a, b) = (members(&one), members(&other));
            let mut union = one.clone();
            union.add(&other);
            let mut both: Vec<u128> = a.iter().chain(&b).copied().collect();
            both.sort_unstable();
            both.dedup();
            prop_assert_eq!(members(&union), both);
            prop_assert!(union.0.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
            let left: Vec<u128> = a.iter().copied().filter(|at| !b.contains(at)).collect();
            prop_assert_eq!(members(&one.without(&other)), left);
            prop_assert_eq!(one.covers(&other), b.iter().all(|at| a.contains(at)));
            prop_assert_eq!(one.meets(&other), b.iter().any(|at| a.contains(at)));
        }

        #[test]
        fn any_partition_of_the_internet_is_the_internet(prefix in 0_u32..9) {
            let mut set = Addresses::default();
            for index in 0..(1_u64 << prefix) {
                let bits = u32::try_from(index << (32 - prefix) & 0xffff_ffff).expect("masked");
                let range = format!("{}/{prefix}", std::net::Ipv4Addr::from_bits(bits));
                prop_assert!(!set.covers_the_internet() || index > 223 >> (8 - prefix));
                set.add(&Addresses::parse(&range).expect("a range").0);
            }
            prop_assert!(set.covers_the_internet());
        }

        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,40}") {
            drop(Addresses::parse(&text));
        }
    }
}
