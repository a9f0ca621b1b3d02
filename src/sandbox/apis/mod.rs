//! The APIs of a sandbox, one room a family.

mod csss;
#[cfg(feature = "cube")]
mod cube;
#[cfg(feature = "esim-qr")]
mod esim_qr;
#[cfg(feature = "mall")]
mod mall;

use std::sync::Arc;
use std::time::SystemTime;

use super::api::Api;
use crate::csss::credentials::Credentials;
use crate::error::Error;
#[cfg(feature = "cube")]
pub use cube::{CUBE_KEY, CUBE_KEY_ID};
#[cfg(feature = "esim-qr")]
pub use esim_qr::ACCESS_TOKEN;

/// The APIs, each with what it keeps.
#[derive(Clone)]
pub(super) struct Apis {
    csss: Arc<csss::Csss>,
    #[cfg(feature = "cube")]
    cube: Arc<cube::Cube>,
    #[cfg(feature = "esim-qr")]
    esim_qr: Arc<esim_qr::EsimQr>,
    #[cfg(feature = "mall")]
    mall: [Arc<mall::Mall>; 3],
}

impl Apis {
    /// For whom the `credentials` are; with the codes of `plans` that can be ordered. `told` says whether there is somebody
    /// to tell of what happens.
    pub(super) fn new(credentials: &Credentials, plans: Vec<String>, told: bool) -> Result<Self, Error> {
        Ok(Self {
            csss: Arc::new(csss::Csss::new(credentials.clone(), plans, told)),
            #[cfg(feature = "cube")]
            cube: Arc::new(cube::Cube::new(told)?),
            #[cfg(feature = "esim-qr")]
            esim_qr: Arc::default(),
            #[cfg(feature = "mall")]
            mall: mall::Mall::services(credentials.access_code()),
        })
    }

    /// Lets a SIM use data of its plan; whether it has a plan in use.
    pub(super) fn use_data(&self, device_id: &str, amount: u64, now: SystemTime) -> bool {
        self.csss.use_data(device_id, amount, now)
    }

    /// All of them; the one without a root of its own comes last.
    #[allow(clippy::vec_init_then_push, reason = "features decide what is pushed")]
    pub(super) fn all(&self) -> Vec<Arc<dyn Api>> {
        let mut all: Vec<Arc<dyn Api>> = Vec::new();
        #[cfg(feature = "cube")]
        all.push(self.cube.clone());
        #[cfg(feature = "esim-qr")]
        all.push(self.esim_qr.clone());
        #[cfg(feature = "mall")]
        all.extend(self.mall.iter().map(|service| Arc::clone(service) as Arc<dyn Api>));
        all.push(self.csss.clone());
        all
    }
}
