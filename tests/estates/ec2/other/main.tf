resource "aws_ebs_encryption_by_default" "this" {
  enabled = true
}

resource "aws_vpc" "parity_first" {
  cidr_block = "10.8.0.0/16"
}

resource "aws_default_security_group" "parity_closed" {
  vpc_id = aws_vpc.parity_first.id
}

resource "aws_vpc" "parity_second" {
  cidr_block = "10.9.0.0/16"
}

resource "aws_default_security_group" "parity_default" {
  vpc_id = aws_vpc.parity_second.id
  ingress {
    protocol  = "-1"
    from_port = 0
    to_port   = 0
    self      = true
  }
}

resource "aws_launch_template" "parity_tight" {
  name          = "parity-tight"
  image_id      = "ami-12c6146b"
  instance_type = "t3.micro"
  metadata_options {
    http_tokens = "required"
  }
  network_interfaces {
    device_index                = 0
    associate_public_ip_address = false
  }
  block_device_mappings {
    device_name = "/dev/sda1"
    ebs {
      volume_size = 8
      encrypted   = true
    }
  }
}

resource "aws_launch_template" "parity_loose" {
  name          = "parity-loose"
  image_id      = "ami-12c6146b"
  instance_type = "t3.micro"
  metadata_options {
    http_tokens = "optional"
  }
  network_interfaces {
    device_index                = 0
    associate_public_ip_address = true
  }
  block_device_mappings {
    device_name = "/dev/sda1"
    ebs {
      volume_size = 8
      encrypted   = false
    }
  }
}
