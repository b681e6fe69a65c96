resource "aws_iam_policy" "p" {
  name   = format("%-5s|%05.2f|%v|%q", upper("a"), 1.5, [1], "x")
  policy = yamldecode("Version: '2012-10-17'\nStatement: [&a {Effect: Allow}, *a]")["Version"]
  a      = regexall("(a+)(?P<n>b)?", "aab")
  b      = cidrsubnet("10.0.0.0/8", 8, 2)
  c      = setproduct([1, 2], ["a"], range(3))
  d      = base64decode(base64encode("x"))
  e      = try(jsondecode("{"), csvdecode("a,b\n1,2"), null)
  f      = formatdate("DD MMM YYYY", timeadd("2020-01-01T00:00:00Z", "1h"))
  g      = templatestring("${path.root}", {})
  h      = { for k, v in zipmap(["a"], [1]) : k => v... if can(v.x) }
  i      = aws_s3_bucket.x[*].arn
  j      = replace("abc", "/(b)/", "$1$1")
  k      = substr("hello", -3, -1)
  l      = chunklist(flatten([[1], [2, [3]]]), 2)
  m      = sha256(file("main.tf"))
  n      = parseint("zz", 36) + pow(2, 10) + log(8, 2) + ceil(1.1)
  o      = element(sort(distinct(keys({ a = 1 }))), 1e3)
}
