resource "aws_iam_group" "parity_group" {
  name = "parity-group"
}

resource "aws_iam_group" "parity_mfa" {
  name = "parity-mfa"
}

resource "aws_iam_group_policy" "parity_only_mfa" {
  name  = "parity-only-mfa"
  group = aws_iam_group.parity_mfa.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Action    = "*"
      Resource  = "*"
      Condition = { BoolIfExists = { "aws:MultiFactorAuthPresent" = "false" } }
    }]
  })
}

resource "aws_iam_group_policy" "parity_list" {
  name  = "parity-list"
  group = aws_iam_group.parity_group.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }]
  })
}

resource "aws_iam_user" "parity_good" {
  name = "parity-good"
}

resource "aws_iam_user_group_membership" "good" {
  user   = aws_iam_user.parity_good.name
  groups = [aws_iam_group.parity_group.name]
}

resource "aws_iam_user" "parity_bad" {
  name = "parity-bad"
}

resource "aws_iam_access_key" "first" {
  user = aws_iam_user.parity_bad.name
}

resource "aws_iam_access_key" "second" {
  user = aws_iam_user.parity_bad.name
}

resource "aws_iam_user_policy_attachment" "bad" {
  user       = aws_iam_user.parity_bad.name
  policy_arn = aws_iam_policy.parity_read.arn
}

resource "aws_iam_user_policy" "parity_inline" {
  name = "parity-inline"
  user = aws_iam_user.parity_bad.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }]
  })
}

resource "aws_iam_policy" "parity_read" {
  name = "parity-read"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject"], Resource = "${aws_s3_bucket.parity_good.arn}/*" }]
  })
}

resource "aws_iam_policy" "parity_pass" {
  name = "parity-pass"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["iam:PassRole", "ec2:*"], Resource = "*" }]
  })
}

resource "aws_iam_role" "parity_good" {
  name = "parity-good"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_iam_role" "parity_bad" {
  name = "parity-bad"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "*" } }]
  })
}

resource "aws_iam_role" "parity_foreign" {
  name = "parity-foreign"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "arn:aws:iam::999988887777:root" } }]
  })
}

resource "aws_iam_role" "parity_vendor" {
  name = "parity-vendor"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "arn:aws:iam::999988887777:root" }
      Condition = { StringEquals = { "sts:ExternalId" = "only-us" } }
    }]
  })
}

resource "aws_iam_role" "parity_delivery" {
  name = "parity-delivery"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = ["cloudtrail.amazonaws.com", "config.amazonaws.com"] }
    }]
  })
}

resource "aws_iam_account_password_policy" "this" {
  minimum_password_length      = 10
  require_lowercase_characters = true
  require_uppercase_characters = true
  require_numbers              = true
  require_symbols              = true
  password_reuse_prevention    = 24
  max_password_age             = 365
}

# What these need of other services.

resource "aws_s3_bucket" "parity_good" {
  bucket = "parity-good"
}

resource "aws_iam_user_policy_attachment" "admin" {
  user       = aws_iam_user.parity_bad.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_iam_group_policy_attachment" "admin" {
  group      = aws_iam_group.parity_mfa.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_iam_role_policy_attachment" "admin" {
  role       = aws_iam_role.parity_bad.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
