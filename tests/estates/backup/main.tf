resource "aws_backup_vault" "parity_good" {
  name        = "parity-good"
  kms_key_arn = aws_kms_key.parity_key.arn
}

resource "aws_backup_vault_lock_configuration" "good" {
  backup_vault_name   = aws_backup_vault.parity_good.name
  min_retention_days  = 30
  changeable_for_days = 3
}

resource "aws_backup_vault" "parity_bad" {
  name = "parity-bad"
}

# What these need of other services.

resource "aws_kms_key" "parity_key" {
  description         = "parity-key"
  enable_key_rotation = true
}
