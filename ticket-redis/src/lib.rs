//! What nodes of the support desk share and may lose, on Redis.
