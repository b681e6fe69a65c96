use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn rules(value: &Value, unknown: &[&str]) -> Tree {
    let unknown: BTreeMap<String, Gap> =
        unknown.iter().map(|at| ((*at).to_owned(), Gap::new(GapCode::KnownAfterApply, ""))).collect();
    Tree::with_unknown(value, &unknown)
}

fn port(port: i64) -> Tree {
    Tree::Int(port)
}

#[track_caller]
fn exposed(value: &Value, unknown: &[&str], to: i64) -> Option<bool> {
    match exposes(&[rules(value, unknown), port(to)]) {
        Ok(Tree::Bool(answer)) => Some(answer),
        Err(Fault::Unknown(_)) => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_way_to_open_ssh_to_the_internet_is_seen() {
    for rule in [
        json!({"ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv4": ["0.0.0.0/0"]}),
        json!({"ip_protocol": "TCP", "from_port": 22, "to_port": 22, "cidr_ipv6": ["::/0"]}),
        json!({"ip_protocol": "6", "from_port": 20, "to_port": 30, "cidr_ipv4": ["0.0.0.0/0"]}),
        json!({"ip_protocol": 6, "from_port": 0, "to_port": 65535, "cidr_ipv4": "0.0.0.0/0"}),
        json!({"ip_protocol": "-1", "cidr_ipv4": ["0.0.0.0/0"]}),
        json!({"ip_protocol": "-1", "from_port": 0, "to_port": 0, "cidr_ipv4": ["0.0.0.0/0"]}),
        json!({"ip_protocol": "-1", "from_port": -1, "to_port": -1, "cidr_ipv6": ["::/0"]}),
        json!({"ip_protocol": "tcp", "cidr_ipv4": ["0.0.0.0/0"]}),
        json!({"ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv4": ["10.0.0.0/8", "9.9.9.9/0"]}),
        json!({"ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv4": ["0.0.0.0/1", "128.0.0.0/1"]}),
        json!({"ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv6": ["::/1", "8000::/1"]}),
        json!({"ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv4": [],
               "prefix_lists": [{"id": "pl-1", "entries": ["0.0.0.0/2", "64.0.0.0/2"]},
                                {"id": "pl-2", "entries": ["128.0.0.0/1"]}]}),
    ] {
        assert_eq!(exposed(&json!([rule]), &[], 22), Some(true), "{rule}");
    }
}

#[test]
fn what_does_not_open_ssh_to_the_internet_passes() {
    for rule in [
        json!({"ip_protocol": "udp", "from_port": 22, "to_port": 22, "cidr_ipv4": ["0.0.0.0/0"]}),
        json!({"ip_protocol": "icmp", "from_port": -1, "to_port": -1, "cidr_ipv4": ["0.0.0.0/0"]}),
        json!({"ip_protocol": "tcp", "from_port": 23, "to_port": 65535, "cidr_ipv4": ["0.0.0.0/0"]}),
        json!({"ip_protocol": "tcp", "from_port": 0, "to_port": 0, "cidr_ipv4": ["0.0.0.0/0"]}),
        json!({"ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv4": ["0.0.0.0/1"]}),
        json!({"ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv4": ["0.0.0.0/1"], "cidr_ipv6": ["8000::/1"]}),
        json!({"ip_protocol": "tcp", "from_port": 22, "to_port": 22, "referenced_groups": ["sg-1"]}),
        json!({"ip_protocol": "tcp", "from_port": 22, "to_port": 22, "prefix_lists": [{"id": "pl-1", "entries": []}]}),
    ] {
        assert_eq!(exposed(&json!([rule]), &[], 22), Some(false), "{rule}");
    }
    assert_eq!(exposed(&json!([]), &[], 22), Some(false));
}

#[test]
fn halves_in_two_rules_and_the_public_part_alone_are_the_internet() {
    let halves = json!([
        {"ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv4": ["0.0.0.0/1"]},
        {"ip_protocol": "-1", "cidr_ipv4": ["128.0.0.0/1"]}]);
    assert_eq!(exposed(&halves, &[], 22), Some(true));
    assert_eq!(exposed(&halves, &[], 80), Some(false));
    // All but 10.0.0.0/8.
    let carved =
        ["0.0.0.0/5", "8.0.0.0/7", "11.0.0.0/8", "12.0.0.0/6", "16.0.0.0/4", "32.0.0.0/3", "64.0.0.0/2", "128.0.0.0/1"];
    let rule = json!([{"ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv4": carved}]);
    assert_eq!(exposed(&rule, &[], 22), Some(true));
}

#[test]
fn an_unknown_part_matters_only_where_it_could_decide() {
    let ssh = json!({"ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv4": ["0.0.0.0/0"]});
    let office = json!({"ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv4": ["10.0.0.0/8"]});
    let open = json!([ssh.clone(), office.clone()]);
    assert_eq!(exposed(&open, &["/1"], 22), Some(true), "the first rule decides");
    assert_eq!(exposed(&open, &["/0/cidr_ipv4"], 22), None);
    assert_eq!(exposed(&open, &["/0/from_port"], 22), None);
    assert_eq!(exposed(&open, &["/0/from_port"], 80), Some(false), "it ends at 22");
    assert_eq!(exposed(&open, &["/0/ip_protocol"], 22), None);
    let closed = json!([office.clone()]);
    assert_eq!(exposed(&closed, &["/0/from_port"], 22), Some(false), "the addresses are private");
    assert_eq!(exposed(&closed, &["/0/prefix_lists"], 22), None);
    let named = json!([{"ip_protocol": "tcp", "from_port": 22, "to_port": 22, "prefix_lists": [{"id": "pl-1"}]}]);
    assert_eq!(exposed(&named, &[], 22), None, "a prefix list that nobody looked into");
    let listed = json!([{"ip_protocol": "tcp", "from_port": 22, "to_port": 22,
        "prefix_lists": [{"id": "pl-1", "entries": []}, {"id": "pl-2", "entries": ["0.0.0.0/0"]}]}]);
    assert_eq!(exposed(&listed, &["/0/prefix_lists/0/entries"], 22), Some(true));
    assert_eq!(exposed(&listed, &["/0/prefix_lists/1/entries"], 22), None);
    let broken = json!([{"ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv4": ["internet"]}]);
    assert_eq!(exposed(&broken, &[], 22), None, "an address range that cannot be read is not harmless");
    assert_eq!(exposed(&broken, &[], 80), Some(false));
    let backwards = json!([{"ip_protocol": "tcp", "from_port": 30, "to_port": 20, "cidr_ipv4": ["0.0.0.0/0"]}]);
    assert_eq!(exposed(&backwards, &[], 22), None);
    let nameless = json!([{"from_port": 22, "to_port": 22, "cidr_ipv4": ["0.0.0.0/0"]}]);
    assert_eq!(exposed(&nameless, &[], 22), Some(true), "judged by its ports");
    assert_eq!(exposed(&nameless, &[], 443), Some(false));
    assert_eq!(exposed(&nameless, &["/0/ip_protocol"], 22), None);
}

#[test]
fn the_exposed_ports_are_listed() {
    let value = json!([
        {"ip_protocol": "tcp", "from_port": 80, "to_port": 90, "cidr_ipv4": ["0.0.0.0/0"]},
        {"ip_protocol": "tcp", "from_port": 3306, "to_port": 3306, "cidr_ipv4": ["0.0.0.0/0"]}]);
    let ports = Tree::known(&json!([22, 80, 3306]));
    let answer = exposed_ports(&[rules(&value, &[]), ports.clone()]).expect("decided");
    assert_eq!(answer.to_json(), json!([80, 3306]));
    let answer = exposed_ports(&[rules(&value, &["/0/cidr_ipv4"]), ports.clone()]).expect("3306 is certain");
    assert_eq!(answer.to_json(), json!([3306]));
    let none = exposed_ports(&[rules(&value, &["/0", "/1"]), ports]);
    assert!(matches!(none, Err(Fault::Unknown(_))), "{none:?}");
    assert!(matches!(exposed_ports(&[rules(&value, &[]), Tree::known(&json!(["x"]))]), Err(Fault::Invalid(_))));
}

#[test]
fn all_ports_are_open_only_where_every_port_is() {
    let all = |value: &Value, unknown: &[&str]| match exposes_all_ports(&[rules(value, unknown)]) {
        Ok(Tree::Bool(answer)) => Some(answer),
        Err(Fault::Unknown(_)) => None,
        other => panic!("{other:?}"),
    };
    let rule = |protocol: &str, from: i64, to: i64| json!({"ip_protocol": protocol, "from_port": from, "to_port": to, "cidr_ipv4": ["0.0.0.0/0"]});
    assert_eq!(all(&json!([{"ip_protocol": "-1", "cidr_ipv4": ["0.0.0.0/0"]}]), &[]), Some(true));
    assert_eq!(all(&json!([rule("tcp", 0, 65535)]), &[]), Some(true));
    assert_eq!(all(&json!([rule("udp", 1, 65535)]), &[]), Some(true));
    assert_eq!(all(&json!([rule("tcp", 0, 30_000), rule("tcp", 30_001, 65535)]), &[]), Some(true));
    assert_eq!(all(&json!([rule("tcp", 0, 30_000), rule("tcp", 30_002, 65535)]), &[]), Some(false));
    assert_eq!(all(&json!([rule("tcp", 0, 30_000), rule("udp", 30_001, 65535)]), &[]), Some(false));
    assert_eq!(all(&json!([rule("icmp", -1, -1)]), &[]), Some(false));
    assert_eq!(all(&json!([{"ip_protocol": "-1", "cidr_ipv4": ["10.0.0.0/8"]}]), &[]), Some(false));
    assert_eq!(all(&json!([]), &[]), Some(false));
    assert_eq!(all(&json!([rule("tcp", 0, 65535)]), &["/0/cidr_ipv4"]), None);
    assert_eq!(all(&json!([rule("tcp", 0, 65535)]), &["/0/to_port"]), None);
    assert_eq!(all(&json!([rule("tcp", 22, 22)]), &["/0/cidr_ipv4"]), Some(false), "port 22 alone is not all");
}

fn nacl(value: &Value, unknown: &[&str]) -> Option<bool> {
    match nacl_exposes(&[rules(value, unknown), port(22)]) {
        Ok(Tree::Bool(answer)) => Some(answer),
        Err(Fault::Unknown(_)) => None,
        other => panic!("{other:?}"),
    }
}

fn entry(number: i64, action: &str, cidr: &str) -> Value {
    let key = if cidr.contains(':') { "ipv6_cidr_block" } else { "cidr_block" };
    json!({"rule_number": number, "protocol": "6", "rule_action": action, "egress": false, key: cidr,
           "port_range": {"from": 22, "to": 22}})
}

#[test]
fn a_network_acl_is_read_in_rule_order() {
    let last = entry(32767, "deny", "0.0.0.0/0");
    let allow = entry(100, "allow", "0.0.0.0/0");
    let cases = [
        (json!([]), false, "nothing is allowed"),
        (json!([last, allow]), true, "the number counts, not the place in the list"),
        (json!([entry(90, "deny", "0.0.0.0/0"), allow, last]), false, "denied before"),
        (json!([entry(110, "deny", "0.0.0.0/0"), allow]), true, "denied too late"),
        (json!([entry(90, "deny", "10.0.0.0/8"), allow]), true, "a private range denied saves nothing"),
        (json!([entry(90, "deny", "8.8.8.0/24"), allow]), true, "nor does a hole in the internet"),
        (json!([entry(80, "deny", "0.0.0.0/1"), entry(90, "deny", "128.0.0.0/1"), allow]), false, "denied by halves"),
        (json!([entry(90, "deny", "0.0.0.0/0"), entry(100, "allow", "::/0")]), true, "IPv6 is still open"),
        (
            json!([entry(80, "allow", "8.8.8.0/24"), entry(90, "deny", "0.0.0.0/0"), allow]),
            false,
            "one range came first",
        ),
        (json!([entry(80, "allow", "0.0.0.0/1"), entry(90, "allow", "128.0.0.0/1")]), true, "allowed by halves"),
        (json!([entry(80, "allow", "10.0.0.0/8")]), false, "private"),
    ];
    for (entries, expected, why) in cases {
        assert_eq!(nacl(&entries, &[]), Some(expected), "{why}: {entries}");
    }
}

#[test]
fn other_directions_protocols_and_ports_of_a_network_acl_do_not_count() {
    let with = |key: &str, value: Value| {
        let mut entry = entry(100, "allow", "0.0.0.0/0");
        entry[key] = value;
        json!([entry])
    };
    assert_eq!(nacl(&with("egress", json!(true)), &[]), Some(false));
    assert_eq!(nacl(&with("protocol", json!("17")), &[]), Some(false));
    assert_eq!(nacl(&with("protocol", json!("-1")), &[]), Some(true));
    assert_eq!(nacl(&with("port_range", json!({"from": 0, "to": 21})), &[]), Some(false));
    assert_eq!(nacl(&with("port_range", json!({"from": 0, "to": 65535})), &[]), Some(true));
    assert_eq!(nacl(&with("port_range", Value::Null), &[]), Some(true));
}

#[test]
fn an_unknown_part_of_a_network_acl_matters_only_where_it_could_decide() {
    let entries = json!([entry(90, "deny", "10.0.0.0/8"), entry(100, "allow", "0.0.0.0/0")]);
    assert_eq!(nacl(&entries, &["/0/cidr_block"]), None, "it may deny the internet");
    assert_eq!(nacl(&entries, &["/0/rule_action"]), Some(true), "it allows or denies a private range only");
    assert_eq!(nacl(&entries, &["/0/rule_number"]), None);
    assert_eq!(nacl(&entries, &["/1/cidr_block"]), None);
    assert_eq!(nacl(&entries, &["/1"]), None);
    let closed = json!([entry(90, "deny", "0.0.0.0/0"), entry(100, "allow", "0.0.0.0/0")]);
    assert_eq!(nacl(&closed, &["/1/cidr_block"]), None, "it may allow IPv6");
    assert_eq!(nacl(&closed, &["/1/port_range"]), Some(false));
}

#[test]
fn a_range_of_known_length_allows_no_more_than_that_in_a_network_acl() {
    let nacl = |entries: &Value, text: &str| {
        let gap = Gap::new(GapCode::Unresolved, "x").text(text);
        let unknown = BTreeMap::from([("/0/cidr_block".to_owned(), gap)]);
        match nacl_exposes(&[Tree::with_unknown(entries, &unknown), port(22)]) {
            Ok(Tree::Bool(answer)) => Some(answer),
            Err(Fault::Unknown(_)) => None,
            other => panic!("{other:?}"),
        }
    };
    let allowed = json!([entry(90, "allow", "0.0.0.0/0")]);
    assert_eq!(nacl(&allowed, "${aws_vpc.main.cidr_block}/16"), Some(false));
    assert_eq!(nacl(&allowed, "${var.range}"), None);
    assert_eq!(nacl(&allowed, "${var.range}/1"), None);
    let denied = json!([entry(90, "deny", "0.0.0.0/0"), entry(100, "allow", "0.0.0.0/0")]);
    assert_eq!(nacl(&denied, "${aws_vpc.main.cidr_block}/16"), None, "what it denies is not known");
}

/// Whether the rules open the port to the internet, counted address by address on a coarse grid:
/// the first byte of the address, public ones only.
fn brute_force(list: &[(u8, u8, i64, i64)], to: i64) -> bool {
    let reached = |byte: u8| {
        list.iter().any(|&(start, prefix, from, upto)| {
            from <= to && to <= upto && (u32::from(byte) >> (8 - prefix)) == (u32::from(start) >> (8 - prefix))
        })
    };
    // Bytes of which no part is public.
    (1..=223).filter(|byte| ![10, 127].contains(byte)).all(reached)
}

proptest! {
    #[test]
    fn merging_rules_equals_brute_force(
        list in prop::collection::vec((any::<u8>(), 0_u8..4, 20_i64..24, 20_i64..24), 0..12),
        to in 19_i64..25,
    ) {
        let list: Vec<_> = list.into_iter().map(|(a, b, c, d)| (a, b, c.min(d), c.max(d))).collect();
        let value: Vec<Value> = list.iter().map(|(start, prefix, from, upto)| json!({
            "ip_protocol": "tcp", "from_port": from, "to_port": upto, "cidr_ipv4": [format!("{start}.0.0.0/{prefix}")],
        })).collect();
        prop_assert_eq!(exposed(&json!(value), &[], to), Some(brute_force(&list, to)));
    }
}

#[test]
fn ranges_are_the_internet_only_together_and_when_known() {
    for (ranges, unknown, expected) in [
        (json!(["0.0.0.0/0"]), vec![], Some(true)),
        (json!(["::/0"]), vec![], Some(true)),
        (json!(["0.0.0.0/1", "128.0.0.0/1"]), vec![], Some(true)),
        (json!(["0.0.0.0/1"]), vec![], Some(false)),
        (json!(["203.0.113.7/32", "10.0.0.0/8"]), vec![], Some(false)),
        (json!([]), vec![], Some(false)),
        (json!([null, "10.0.0.0/8"]), vec!["/0"], None),
        (json!([null, "0.0.0.0/0"]), vec!["/0"], Some(true)),
        (json!(["office"]), vec![], None),
    ] {
        let answer = match covers_internet(&[rules(&ranges, &unknown)]) {
            Ok(Tree::Bool(answer)) => Some(answer),
            Err(Fault::Unknown(_)) => None,
            other => panic!("{other:?}"),
        };
        assert_eq!(answer, expected, "{ranges}");
    }
}

#[test]
fn a_range_of_known_length_lets_in_no_more_than_that_wherever_it_is() {
    let rules = |known: &[&str], text: &str| {
        let mut ranges: Vec<Value> = known.iter().map(|range| json!(range)).collect();
        ranges.push(Value::Null);
        let gap = Gap::new(GapCode::Unresolved, "x").text(text);
        let unknown = BTreeMap::from([(format!("/0/cidr_ipv4/{}", known.len()), gap)]);
        let rule = json!([{"ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv4": ranges}]);
        match exposes(&[Tree::with_unknown(&rule, &unknown), port(22)]) {
            Ok(Tree::Bool(answer)) => Some(answer),
            Err(Fault::Unknown(_)) => None,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(rules(&[], "${aws_eip.office.public_ip}/32"), Some(false));
    assert_eq!(rules(&["10.0.0.0/8"], "${var.office}/24"), Some(false));
    assert_eq!(rules(&["0.0.0.0/0"], "${var.office}/24"), Some(true));
    assert_eq!(rules(&[], "${var.office}/0"), None);
    assert_eq!(rules(&[], "${var.office}/1"), None);
    assert_eq!(rules(&[], "${var.office}"), None);
    assert_eq!(rules(&[], "${var.a}.${var.b}/32"), None, "it may be more than an address");
    // All but one address is open already.
    let rest: Vec<String> = (1..=32_u32)
        .map(|length| {
            let address = std::net::Ipv4Addr::from_bits(0x0101_0101 ^ (1 << (32 - length)));
            format!("{address}/{length}")
        })
        .collect();
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    assert_eq!(rules(&rest, "${var.office}/32"), None);
    assert_eq!(rules(&rest[..31], "${var.office}/32"), Some(false));
}
