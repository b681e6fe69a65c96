resource "aws_autoscaling_group" "parity_good" {
  name               = "parity-good"
  min_size           = 2
  max_size           = 4
  availability_zones = ["us-east-1a", "us-east-1b"]
  target_group_arns  = [aws_lb_target_group.parity.arn]
  health_check_type  = "ELB"
  launch_template {
    id      = aws_launch_template.parity_tight.id
    version = "1"
  }
}

resource "aws_autoscaling_group" "parity_bad" {
  name               = "parity-bad"
  min_size           = 2
  max_size           = 4
  availability_zones = ["us-east-1a"]
  target_group_arns  = [aws_lb_target_group.parity.arn]
  launch_template {
    id      = aws_launch_template.parity_loose.id
    version = "1"
  }
}

resource "aws_lb_target_group" "parity" {
  name     = "parity"
  port     = 80
  protocol = "HTTP"
  vpc_id   = "vpc-11111111"
}

# What these need of other services.

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
