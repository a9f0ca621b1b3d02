//! Whether a file is where its lock, and what was synced, can be relied on.

use std::fs::File;
#[cfg(target_os = "linux")]
use std::io;
use std::path::Path;

use super::JournalError;

/// File systems of networks and of programs, by the numbers of statfs(2): locks may be granted there that lock nothing.
#[cfg(target_os = "linux")]
const NETWORK: [(u32, &str); 14] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xfe53_4d42, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0x6573_5546, "FUSE"),
    (0x0102_1997, "9P"),
    (0x5346_414f, "AFS"),
    (0x7375_7245, "Coda"),
    (0x00c3_6400, "Ceph"),
    (0x0bd0_0bd0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x0116_1970, "GFS2"),
    (0x7461_636f, "OCFS2"),
    (0x0000_564c, "NCP"),
];

/// File systems in memory: tmpfs and ramfs.
#[cfg(target_os = "linux")]
const MEMORY: [u32; 2] = [0x0102_1994, 0x8584_58f6];

/// The number of the file system that a file is on.
#[cfg(target_os = "linux")]
fn kind(file: &File) -> Result<u32, JournalError> {
    let told =
        nix::sys::statfs::fstatfs(file).map_err(|errno| JournalError::failed("located", io::Error::from(errno)))?;
    // The type of the field differs by processor; the numbers have 32 bits.
    #[allow(clippy::unnecessary_cast, clippy::cast_sign_loss, reason = "its type differs by processor")]
    Ok(told.filesystem_type().0 as u32)
}

/// Whether a file is in memory alone, and gone when the machine starts again. It goes whole, and a journal that is missing is
/// refused: so that is told, not refused, as many try things in a `/tmp` that is in memory.
#[cfg(target_os = "linux")]
pub(super) fn is_in_memory(file: &File) -> Result<bool, JournalError> {
    kind(file).map(|kind| MEMORY.contains(&kind))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn is_in_memory(_: &File) -> Result<bool, JournalError> {
    Ok(false)
}

#[cfg(target_os = "linux")]
pub(super) fn check(file: &File, path: &Path) -> Result<(), JournalError> {
    let kind = kind(file)?;
    match NETWORK.iter().find(|(number, _)| *number == kind) {
        Some((_, name)) => {
            let what = format!("{} is on {name}, where a lock may lock nothing", path.display());
            Err(JournalError::Unfit(what))
        }
        None => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn check(_: &File, _: &Path) -> Result<(), JournalError> {
    Ok(())
}

/// Makes the name of a file in `folder` outlive a loss of power. Windows has no such thing.
pub(super) fn sync_folder(folder: &Path) -> Result<(), JournalError> {
    if cfg!(windows) {
        return Ok(());
    }
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| JournalError::failed("written (its folder)", error))
}
