resource "aws_lb" "parity_good" {
  name               = "parity-good"
  load_balancer_type = "application"
  internal           = false
  subnets            = ["subnet-11111111", "subnet-22222222"]
  access_logs {
    bucket  = aws_s3_bucket.parity_logs.id
    enabled = true
  }
}

resource "aws_lb" "parity_bad" {
  name               = "parity-bad"
  load_balancer_type = "application"
  internal           = false
  subnets            = ["subnet-11111111", "subnet-22222222"]
}

resource "aws_lb_listener" "parity_redirect" {
  load_balancer_arn = aws_lb.parity_good.arn
  port              = 80
  protocol          = "HTTP"
  default_action {
    type = "redirect"
    redirect {
      protocol    = "HTTPS"
      port        = "443"
      status_code = "HTTP_301"
    }
  }
}

resource "aws_lb_listener" "parity_plain" {
  load_balancer_arn = aws_lb.parity_bad.arn
  port              = 80
  protocol          = "HTTP"
  default_action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      message_body = "hello"
      status_code  = "200"
    }
  }
}

resource "aws_lb_listener" "parity_modern" {
  load_balancer_arn = aws_lb.parity_good.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
  default_action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      message_body = "hello"
      status_code  = "200"
    }
  }
}

resource "aws_lb_listener" "parity_old" {
  load_balancer_arn = aws_lb.parity_bad.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS-1-0-2015-04"
  certificate_arn   = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
  default_action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      message_body = "hello"
      status_code  = "200"
    }
  }
}

resource "aws_wafv2_web_acl_association" "balancer" {
  resource_arn = aws_lb.parity_good.arn
  web_acl_arn  = aws_wafv2_web_acl.parity_good.arn
}

# What these need of other services.

resource "aws_s3_bucket" "parity_logs" {
  bucket = "parity-service-logs"
}

resource "aws_wafv2_web_acl" "parity_good" {
  name  = "parity-good"
  scope = "REGIONAL"
  default_action {
    allow {}
  }
  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "parity-good"
    sampled_requests_enabled   = true
  }
}
