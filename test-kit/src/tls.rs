//! Certificates for the servers of tests.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// An authority, and a certificate that it gave to this machine; all of it in PEM.
#[derive(Debug)]
pub(crate) struct Certificates {
    pub(crate) authority: String,
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Certificates {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("an authority without names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params
            .self_signed(&key)
            .expect("a certificate of its own")
            .pem();
        let issuer = Issuer::new(params, key);

        let key = KeyPair::generate().expect("a key");
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let params = CertificateParams::new(names).expect("names of this machine");
        let certificate = params
            .signed_by(&key, &issuer)
            .expect("a signed certificate")
            .pem();
        Self {
            authority,
            certificate,
            key: key.serialize_pem(),
        }
    }
}
