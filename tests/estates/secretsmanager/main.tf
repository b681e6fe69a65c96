resource "aws_secretsmanager_secret" "parity_bad" {
  name = "parity-bad"
}
