//! Where an array lives. "Context" in MXNet's C API and frontends.

use crate::base::Result;
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum DeviceKind {
    Cpu = 1,
    Gpu = 2,
    CpuPinned = 3,
    CpuShared = 5,
}

/// A device. The id of a CPU device means nothing but is kept: programs use `cpu(0)`, `cpu(1)`, … as stand-ins
/// for several devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Device {
    pub kind: DeviceKind,
    pub id: i32,
}

impl Device {
    pub fn cpu(id: i32) -> Self {
        Device { kind: DeviceKind::Cpu, id }
    }

    /// Where a store keeps its values: visible to updaters as the context of `local`.
    pub fn pinned() -> Self {
        Device { kind: DeviceKind::CpuPinned, id: 0 }
    }

    /// From MXNet's device type and id.
    pub fn from_codes(kind: i32, id: i32) -> Result<Self> {
        let kind = match kind {
            1 => DeviceKind::Cpu,
            2 => crate::bail!(
                NotBuilt,
                "dev_type: gpu({id}) was asked for, but this library has no GPU support; use cpu"
            ),
            3 => DeviceKind::CpuPinned,
            5 => DeviceKind::CpuShared,
            other => crate::bail!(
                InvalidArgument,
                "dev_type: expected 1 (cpu), 3 (cpu_pinned) or 5 (cpu_shared), got {other}"
            ),
        };
        Ok(Device { kind, id })
    }

    /// From text such as `cpu(1)`.
    pub fn from_text(text: &str) -> Result<Self> {
        let invalid =
            || crate::err!(InvalidArgument, "Invalid context string {text}: expected for instance cpu(0)");
        let (name, rest) = text.split_once('(').ok_or_else(invalid)?;
        let id = rest.strip_suffix(')').and_then(|id| id.trim().parse().ok()).ok_or_else(invalid)?;
        let code = match name.trim() {
            "cpu" => 1,
            "gpu" => 2,
            "cpu_pinned" => 3,
            "cpu_shared" => 5,
            _ => return Err(invalid()),
        };
        Device::from_codes(code, id)
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.kind {
            DeviceKind::Cpu => "cpu",
            DeviceKind::Gpu => "gpu",
            DeviceKind::CpuPinned => "cpu_pinned",
            DeviceKind::CpuShared => "cpu_shared",
        };
        write!(f, "{name}({})", self.id)
    }
}
