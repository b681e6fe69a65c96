resource "aws_elasticache_replication_group" "parity_good" {
  replication_group_id       = "parity-good"
  description                = "good"
  node_type                  = "cache.t4g.micro"
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
}

resource "aws_elasticache_replication_group" "parity_bad" {
  replication_group_id       = "parity-bad"
  description                = "bad"
  node_type                  = "cache.t4g.micro"
  at_rest_encryption_enabled = false
  transit_encryption_enabled = false
}
