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

resource "aws_wafv2_web_acl_logging_configuration" "good" {
  resource_arn            = aws_wafv2_web_acl.parity_good.arn
  log_destination_configs = [aws_cloudwatch_log_group.parity_waf.arn]
}

resource "aws_wafv2_web_acl" "parity_bad" {
  name  = "parity-bad"
  scope = "REGIONAL"
  default_action {
    allow {}
  }
  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "parity-bad"
    sampled_requests_enabled   = true
  }
}

# What these need of other services.

resource "aws_cloudwatch_log_group" "parity_waf" {
  name              = "aws-waf-logs-parity"
  retention_in_days = 400
}
