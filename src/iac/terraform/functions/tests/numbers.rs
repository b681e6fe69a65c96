use super::check;

/// Arithmetic.
const NUMBERS: &[(&str, &str, &str)] = &[
    ("abs", "[1]", "1"),
    ("abs", "[-1]", "1"),
    ("abs", "[0]", "0"),
    ("abs", "[1.5]", "1.5"),
    ("abs", "[-1.5]", "1.5"),
    ("abs", r#"["3"]"#, "3"),
    ("abs", r#"["x"]"#, "error"),
    ("abs", "[null]", "error"),
    ("abs", "[true]", "error"),
    ("ceil", "[1]", "1"),
    ("ceil", "[-1]", "-1"),
    ("ceil", "[0]", "0"),
    ("ceil", "[1.5]", "2"),
    ("ceil", "[-1.5]", "-1"),
    ("ceil", r#"["3"]"#, "3"),
    ("ceil", r#"["x"]"#, "error"),
    ("ceil", "[null]", "error"),
    ("ceil", "[true]", "error"),
    ("floor", "[1]", "1"),
    ("floor", "[-1]", "-1"),
    ("floor", "[0]", "0"),
    ("floor", "[1.5]", "1"),
    ("floor", "[-1.5]", "-2"),
    ("floor", r#"["3"]"#, "3"),
    ("floor", r#"["x"]"#, "error"),
    ("floor", "[null]", "error"),
    ("floor", "[true]", "error"),
    ("log", "[100,10]", "2"),
    ("log", "[8,2]", "3"),
    ("log", "[0,10]", "error"),
    ("log", "[10,1]", "error"),
    ("max", r#"[1,"5",3]"#, "5"),
    ("max", "[]", "error"),
    ("min", "[1,-2]", "-2"),
    ("min", r#"["a"]"#, "error"),
    ("parseint", r#"["100",10]"#, "100"),
    ("parseint", r#"["FF",16]"#, "255"),
    ("parseint", r#"["ff",16]"#, "255"),
    ("parseint", r#"["-10",2]"#, "-2"),
    ("parseint", r#"["zZ",62]"#, "2231"),
    ("parseint", r#"["+5",10]"#, "5"),
    ("parseint", r#"["12",2]"#, "error"),
    ("parseint", r#"["0x10",16]"#, "error"),
    ("parseint", "[10,10]", "error"),
    ("pow", "[2,10]", "1024"),
    ("pow", "[2,0.5]", "1.4142135623730951"),
    ("pow", "[10,30]", "1000000000000000000000000000000"),
    ("pow", "[0,-1]", "error"),
    ("signum", "[1]", "1"),
    ("signum", "[-1]", "-1"),
    ("signum", "[0]", "0"),
    ("signum", r#"["3"]"#, "1"),
    ("signum", "[123456789012]", "1"),
    ("signum", "[1.5]", "error"),
    ("signum", "[-1.5]", "error"),
    ("signum", r#"["x"]"#, "error"),
    ("sum", r#"[[1,2,"3"]]"#, "6"),
    ("sum", "[[]]", "error"),
    ("sum", r#"[["a"]]"#, "error"),
    ("sum", "[[1,null]]", "error"),
    ("range", "[3]", "[0,1,2]"),
    ("range", "[0]", "[]"),
    ("range", "[-3]", "[0,-1,-2]"),
    ("range", "[1,4]", "[1,2,3]"),
    ("range", "[4,1]", "[4,3,2]"),
    ("range", "[1,8,2]", "[1,3,5,7]"),
    ("range", "[1,8,-1]", "error"),
    ("range", "[0,5,0]", "error"),
    ("range", "[2000]", "error"),
];

/// Address ranges.
const ADDRESSES: &[(&str, &str, &str)] = &[
    ("cidrhost", r#"["10.12.112.0/20",16]"#, r#""10.12.112.16""#),
    ("cidrhost", r#"["10.12.112.0/20",268]"#, r#""10.12.113.12""#),
    ("cidrhost", r#"["fd00:fd12:3456:7890:00a2::/72",34]"#, r#""fd00:fd12:3456:7890::22""#),
    ("cidrhost", r#"["10.0.0.0/24",-1]"#, r#""10.0.0.255""#),
    ("cidrhost", r#"["10.0.0.0/24",-256]"#, r#""10.0.0.0""#),
    ("cidrhost", r#"["10.0.0.5/24",1]"#, r#""10.0.0.1""#),
    ("cidrhost", r#"["010.0.0.0/8",1]"#, r#""10.0.0.1""#),
    ("cidrhost", r#"["::/0",5]"#, r#""::5""#),
    ("cidrhost", r#"["10.0.0.0/32",0]"#, r#""10.0.0.0""#),
    ("cidrhost", r#"["2001:db8::/64","1"]"#, r#""2001:db8::1""#),
    ("cidrhost", r#"["10.0.0.0/24",0]"#, r#""10.0.0.0""#),
    ("cidrhost", r#"["10.0.0.0/24",256]"#, "error"),
    ("cidrhost", r#"["10.0.0.0/24",-257]"#, "error"),
    ("cidrhost", r#"["10.0.0.0",1]"#, "error"),
    ("cidrnetmask", r#"["172.16.0.0/12"]"#, r#""255.240.0.0""#),
    ("cidrnetmask", r#"["10.0.0.0/0"]"#, r#""0.0.0.0""#),
    ("cidrnetmask", r#"["10.0.0.0/32"]"#, r#""255.255.255.255""#),
    ("cidrnetmask", r#"["fd00::/8"]"#, "error"),
    ("cidrnetmask", r#"["x"]"#, "error"),
    ("cidrnetmask", r#"["1.2.3.4"]"#, "error"),
    ("cidrsubnet", r#"["172.16.0.0/12",4,2]"#, r#""172.18.0.0/16""#),
    ("cidrsubnet", r#"["10.1.2.0/24",4,15]"#, r#""10.1.2.240/28""#),
    ("cidrsubnet", r#"["fd00:fd12:3456:7890::/56",16,162]"#, r#""fd00:fd12:3456:7800:a200::/72""#),
    ("cidrsubnet", r#"["10.0.0.0/8",0,0]"#, r#""10.0.0.0/8""#),
    ("cidrsubnet", r#"["10.1.2.3/8",8,1]"#, r#""10.1.0.0/16""#),
    ("cidrsubnet", r#"["10.0.0.0/30",2,3]"#, r#""10.0.0.3/32""#),
    ("cidrsubnet", r#"["fd00::/16",33,1]"#, r#""fd00:0:0:8000::/49""#),
    ("cidrsubnet", r#"["2001:db8::/32",64,5]"#, r#""2001:db8::5:0:0/96""#),
    ("cidrsubnet", r#"["10.0.0.0/8","8","1"]"#, r#""10.1.0.0/16""#),
    ("cidrsubnet", r#"["::/0",128,5]"#, r#""::5/128""#),
    ("cidrsubnet", r#"["10.1.2.0/24",4,16]"#, "error"),
    ("cidrsubnet", r#"["10.0.0.0/8",25,0]"#, "error"),
    ("cidrsubnets", r#"["10.1.0.0/16",4,4,8,4]"#, r#"["10.1.0.0/20","10.1.16.0/20","10.1.32.0/24","10.1.48.0/20"]"#),
    ("cidrsubnets", r#"["10.1.0.0/16"]"#, "[]"),
    ("cidrsubnets", r#"["10.0.0.0/24",1,1]"#, r#"["10.0.0.0/25","10.0.0.128/25"]"#),
    ("cidrsubnets", r#"["10.1.0.0/16",0]"#, "error"),
    ("cidrsubnets", r#"["10.1.0.0/16",17]"#, "error"),
    ("cidrsubnets", r#"["10.0.0.0/24",1,1,1]"#, "error"),
];

/// Times.
const TIMES: &[(&str, &str, &str)] = &[
    ("formatdate", r#"["YYYY-MM-DD'T'hh:mm:ssZ","2018-01-02T23:12:01Z"]"#, r#""2018-01-02T23:12:01Z""#),
    ("formatdate", r#"["H AA h aa HH M D m s","2018-01-02T00:02:01+05:30"]"#, r#""12 AM 0 am 12 1 2 2 1""#),
    ("formatdate", r#"["ZZZZZ ZZZZ ZZZ Z","2018-01-02T23:12:01Z"]"#, r#""+00:00 +0000 UTC Z""#),
    ("formatdate", r#"["MMMM 'of' ''","2018-01-02T23:12:01Z"]"#, r#""January of '""#),
    ("formatdate", r#"["'it''s'","2018-01-02T23:12:01Z"]"#, r#""it's""#),
    ("formatdate", r#"["hh:mm é","2018-01-02T12:12:01.5Z"]"#, r#""12:12 é""#),
    ("formatdate", r#"["ZZZ","2018-01-02T12:12:01+00:00"]"#, r#""UTC""#),
    ("formatdate", r#"["YYYYMMDDhhmmss","2018-01-02T23:12:01Z"]"#, r#""20180102231201""#),
    ("formatdate", r#"["","2018-01-02T23:12:01Z"]"#, r#""""#),
    ("formatdate", r#"["Q","2018-01-02T23:12:01Z"]"#, "error"),
    ("formatdate", r#"["YYY","2018-01-02T23:12:01Z"]"#, "error"),
    ("formatdate", r#"["'a","2018-01-02T23:12:01Z"]"#, "error"),
    ("timeadd", r#"["2017-11-22T00:00:00Z","10m"]"#, r#""2017-11-22T00:10:00Z""#),
    ("timeadd", r#"["2017-11-22T00:00:00.5+02:00","1.5h"]"#, r#""2017-11-22T01:30:00+02:00""#),
    ("timeadd", r#"["2017-11-22T00:00:00Z","-1h30m10s"]"#, r#""2017-11-21T22:29:50Z""#),
    ("timeadd", r#"["2017-11-22T00:00:00Z","0"]"#, r#""2017-11-22T00:00:00Z""#),
    ("timeadd", r#"["2017-11-22T00:00:00Z","8760h"]"#, r#""2018-11-22T00:00:00Z""#),
    ("timeadd", r#"["2017-11-22T00:00:00Z","1500ms"]"#, r#""2017-11-22T00:00:01Z""#),
    ("timeadd", r#"["2017-11-22T00:00:00Z",""]"#, "error"),
    ("timeadd", r#"["2017-11-22","1h"]"#, "error"),
    ("timeadd", r#"["2017-11-22T00:00:00Z","9999999999h"]"#, "error"),
    ("timecmp", r#"["2017-11-22T00:00:00Z","2017-11-22T00:00:00Z"]"#, "0"),
    ("timecmp", r#"["2017-11-22T00:00:00Z","2017-11-22T01:00:00+01:00"]"#, "0"),
    ("timecmp", r#"["2017-11-22T00:00:00Z","2018-11-22T00:00:00Z"]"#, "-1"),
    ("timecmp", r#"["2017-11-22T01:00:00Z","2017-11-22T00:00:00Z"]"#, "1"),
    ("timecmp", r#"["x","y"]"#, "error"),
];

#[test]
fn numbers_are_computed_as_terraform_does() {
    check(NUMBERS);
}

#[test]
fn address_ranges_are_computed_as_terraform_does() {
    check(ADDRESSES);
}

#[test]
fn times_are_computed_as_terraform_does() {
    check(TIMES);
}

#[test]
fn a_range_contains_what_lies_in_it() {
    check(&[
        ("cidrcontains", r#"["10.0.0.0/8","10.1.2.3"]"#, "true"),
        ("cidrcontains", r#"["10.0.0.0/8","10.1.0.0/16"]"#, "true"),
        ("cidrcontains", r#"["10.1.0.0/16","10.0.0.0/8"]"#, "false"),
        ("cidrcontains", r#"["10.0.0.0/8","11.0.0.1"]"#, "false"),
        ("cidrcontains", r#"["fd00::/8","fd12::1"]"#, "true"),
        ("cidrcontains", r#"["10.0.0.0/8","fd12::1"]"#, "error"),
        ("cidrcontains", r#"["10.0.0.0/8","x"]"#, "error"),
    ]);
}

#[test]
fn what_would_be_too_much_is_an_error() {
    check(&[
        ("range", "[2000]", "error"),
        ("format", r#"["%999999999d",1]"#, "error"),
        ("indent", r#"[4000000,"\n\n"]"#, "error"),
        ("regex", r#"["((a{1,100}){1,100}){1,100}","a"]"#, "error"),
        ("cidrsubnets", r#"["10.0.0.0/24",1,1,1]"#, "error"),
    ]);
    let many = format!("[{}]", vec!["1"; 400].join(","));
    check(&[("setproduct", &format!("[{many},{many},{many}]"), "error")]);
    let long = "a".repeat(100_000);
    check(&[("replace", &format!(r#"["{long}","","{long}"]"#), "error")]);
    check(&[("replace", &format!(r#"["{long}","/a/","{long}"]"#), "error")]);
    check(&[("split", &format!(r#"["","{long}"]"#), "error")]);
}
