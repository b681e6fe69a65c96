resource "aws_vpc" "parity_good" {
  cidr_block = "10.1.0.0/16"
  tags       = { Name = "parity-good" }
}

resource "aws_flow_log" "good" {
  vpc_id               = aws_vpc.parity_good.id
  traffic_type         = "ALL"
  log_destination_type = "s3"
  log_destination      = aws_s3_bucket.parity_logs.arn
}

resource "aws_vpc" "parity_bad" {
  cidr_block = "10.2.0.0/16"
  tags       = { Name = "parity-bad" }
}

resource "aws_subnet" "parity_good" {
  vpc_id     = aws_vpc.parity_good.id
  cidr_block = "10.1.1.0/24"
  tags       = { Name = "parity-good" }
}

resource "aws_subnet" "parity_bad" {
  vpc_id                  = aws_vpc.parity_bad.id
  cidr_block              = "10.2.1.0/24"
  map_public_ip_on_launch = true
  tags                    = { Name = "parity-bad" }
}

resource "aws_security_group" "parity_good" {
  name        = "parity-good"
  description = "good"
  vpc_id      = aws_vpc.parity_good.id
  ingress {
    protocol    = "tcp"
    from_port   = 22
    to_port     = 22
    cidr_blocks = ["10.0.0.0/8"]
  }
  tags = { Name = "parity-good" }
}

resource "aws_security_group" "parity_bad" {
  name        = "parity-bad"
  description = "bad"
  vpc_id      = aws_vpc.parity_bad.id
  tags        = { Name = "parity-bad" }
}

resource "aws_security_group_rule" "ssh" {
  type              = "ingress"
  security_group_id = aws_security_group.parity_bad.id
  protocol          = "tcp"
  from_port         = 20
  to_port           = 30
  cidr_blocks       = ["0.0.0.0/1", "128.0.0.0/1"]
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  security_group_id = aws_security_group.parity_bad.id
  ip_protocol       = "tcp"
  from_port         = 5432
  to_port           = 5432
  cidr_ipv6         = "::/0"
}

resource "aws_security_group" "parity_open" {
  name        = "parity-open"
  description = "open"
  vpc_id      = aws_vpc.parity_bad.id
  ingress {
    protocol         = "-1"
    from_port        = 0
    to_port          = 0
    cidr_blocks      = ["0.0.0.0/0"]
    ipv6_cidr_blocks = ["::/0"]
  }
  tags = { Name = "parity-open" }
}

resource "aws_network_acl" "parity_good" {
  vpc_id = aws_vpc.parity_good.id
  tags   = { Name = "parity-good" }
}

resource "aws_network_acl_rule" "good" {
  network_acl_id = aws_network_acl.parity_good.id
  rule_number    = 100
  egress         = false
  protocol       = "tcp"
  rule_action    = "allow"
  cidr_block     = "0.0.0.0/0"
  from_port      = 443
  to_port        = 443
}

resource "aws_network_acl" "parity_bad" {
  vpc_id = aws_vpc.parity_bad.id
  tags   = { Name = "parity-bad" }
}

resource "aws_network_acl_rule" "bad" {
  network_acl_id = aws_network_acl.parity_bad.id
  rule_number    = 100
  egress         = false
  protocol       = "-1"
  rule_action    = "allow"
  cidr_block     = "0.0.0.0/0"
}

resource "aws_instance" "parity_good" {
  ami                         = "ami-12c6146b"
  instance_type               = "t3.micro"
  subnet_id                   = aws_subnet.parity_good.id
  associate_public_ip_address = false
  metadata_options {
    http_tokens   = "required"
    http_endpoint = "enabled"
  }
  tags = { Name = "parity-good" }
}

resource "aws_instance" "parity_bad" {
  ami                         = "ami-12c6146b"
  instance_type               = "t3.micro"
  subnet_id                   = aws_subnet.parity_bad.id
  associate_public_ip_address = true
  metadata_options {
    http_tokens   = "optional"
    http_endpoint = "enabled"
  }
  tags = { Name = "parity-bad" }
}

resource "aws_ebs_volume" "parity_good" {
  availability_zone = "us-east-1a"
  size              = 8
  encrypted         = true
  tags              = { Name = "parity-good" }
}

resource "aws_ebs_volume" "parity_bad" {
  availability_zone = "us-east-1a"
  size              = 8
  tags              = { Name = "parity-bad" }
}

resource "aws_ebs_encryption_by_default" "this" {
  enabled = false
}

# What these need of other services.

resource "aws_s3_bucket" "parity_logs" {
  bucket = "parity-logs"
}
