//! What the tests share: private servers, and a proxy that breaks connections.
