//! What the kernel says of the cards of this machine: which there are, who holds them, and what is in the way.

use gristmill_protocol::pci;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of all PCI functions.
const DEVICES: &str = "/sys/bus/pci/devices";
/// The driver that hands a function to a program.
const DRIVER: &str = "vfio-pci";

/// By which of the kernel's interfaces a program gets a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// The file of its IOMMU group, and a container: `/dev/vfio/<group>`, `/dev/vfio/vfio`.
    Group,
    /// Its own file, and iommufd: `/dev/vfio/devices/vfio<N>`, `/dev/iommu`. Since Linux 6.6, where configured.
    Iommufd,
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Group => "group",
            Self::Iommufd => "iommufd",
        })
    }
}

/// A Gristmill card in a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its PCI address, such as `0000:3b:00.0`.
    pub address: String,
    /// Number of its IOMMU group; none without an IOMMU.
    pub group: Option<u32>,
    /// The driver that it is bound to.
    pub driver: Option<String>,
    /// How it is opened, once it is bound to VFIO's driver: by its group, where the kernel has groups for programs.
    pub interface: Option<Interface>,
    /// The files that opening it takes, the one that only one process has open first.
    pub files: Vec<PathBuf>,
    /// Other functions of its group that are bound to a driver which is not VFIO's: addresses and drivers.
    pub neighbours: Vec<(String, String)>,
    /// What keeps it from being opened, if anything does.
    pub obstacle: Option<Obstacle>,
}

/// What keeps a card from being opened, with the command that mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// There is no such function.
    Absent,
    /// The function is another device: vendor and device number.
    OtherDevice(u16, u16),
    /// The machine has no IOMMU, or it is off.
    NoIommu,
    /// The function is not bound to VFIO's driver, but to this one or none.
    NotBound(Option<String>),
    /// Another function of the group is bound to another driver, and the kernel hands out groups whole.
    NotViable(Vec<(String, String)>),
    /// This file, which opening the card takes, cannot be opened by this user.
    NoPermission(PathBuf),
    /// Another process has it.
    InUse(Vec<u32>),
}

impl Slot {
    /// Looks at the function at `address`.
    pub fn look(address: &str) -> Self {
        Self::look_in(Path::new(DEVICES), Path::new("/dev"), address)
    }

    /// Looks at every Gristmill card of this machine.
    pub fn all() -> Vec<Self> {
        let functions = fs::read_dir(DEVICES).into_iter().flatten().flatten();
        let mut cards: Vec<_> = functions
            .filter(|function| identity(&function.path()) == Some((pci::VENDOR, pci::DEVICE)))
            .filter_map(|function| function.file_name().into_string().ok())
            .map(|address| Self::look(&address))
            .collect();
        cards.sort_by(|a, b| a.address.cmp(&b.address));
        cards
    }

    fn look_in(devices: &Path, dev: &Path, address: &str) -> Self {
        let folder = devices.join(address);
        let group_folder = folder.join("iommu_group");
        let group = target(&group_folder).and_then(|name| name.parse().ok());
        let driver = target(&folder.join("driver"));
        let members = fs::read_dir(group_folder.join("devices"));
        let mut neighbours: Vec<_> = members
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|member| {
                let name = member.file_name().into_string().ok()?;
                let driver = target(&member.path().join("driver"))?;
                // the kernel lets these stay: they do no DMA of their own
                let harmless = [DRIVER, "pci-stub", "pcieport"].contains(&driver.as_str());
                (name != address && !harmless).then_some((name, driver))
            })
            .collect();
        neighbours.sort();
        let mut slot = Self {
            address: address.into(),
            group,
            driver,
            interface: None,
            files: Vec::new(),
            neighbours,
            obstacle: None,
        };
        if let Some(group) = slot.group.filter(|_| slot.is_bound()) {
            let group = dev.join("vfio").join(group.to_string());
            let own = fs::read_dir(folder.join("vfio-dev"));
            let own = own.into_iter().flatten().flatten().next();
            let (interface, files) = match own {
                Some(own) if !group.exists() => {
                    let own = dev.join("vfio/devices").join(own.file_name());
                    (Interface::Iommufd, vec![own, dev.join("iommu")])
                }
                _ => (Interface::Group, vec![group]),
            };
            slot.interface = Some(interface);
            slot.files = files;
        }
        slot.obstacle = slot.find_obstacle(&folder);
        slot
    }

    fn is_bound(&self) -> bool {
        self.driver.as_deref() == Some(DRIVER)
    }

    fn find_obstacle(&self, folder: &Path) -> Option<Obstacle> {
        match identity(folder) {
            None => return Some(Obstacle::Absent),
            Some((vendor, device)) if (vendor, device) != (pci::VENDOR, pci::DEVICE) => {
                return Some(Obstacle::OtherDevice(vendor, device));
            }
            Some(_) => {}
        }
        if self.group.is_none() {
            return Some(Obstacle::NoIommu);
        }
        if !self.is_bound() {
            return Some(Obstacle::NotBound(self.driver.clone()));
        }
        if !self.neighbours.is_empty() {
            return Some(Obstacle::NotViable(self.neighbours.clone()));
        }
        use rustix::fs::{Access, access};
        let closed = |file: &&PathBuf| access(*file, Access::READ_OK | Access::WRITE_OK).is_err();
        if let Some(file) = self.files.iter().find(closed) {
            return Some(Obstacle::NoPermission(file.clone()));
        }
        let holders = self
            .files
            .first()
            .map_or_else(Vec::new, |file| holders(file));
        (!holders.is_empty()).then_some(Obstacle::InUse(holders))
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group {
            Some(group) => write!(f, "IOMMU group {group}, ")?,
            None => write!(f, "no IOMMU group, ")?,
        }
        write!(f, "driver {}, ", self.driver.as_deref().unwrap_or("none"))?;
        if let Some(interface) = self.interface {
            write!(f, "interface {interface}, ")?;
        }
        match &self.obstacle {
            None => write!(f, "usable"),
            Some(obstacle) => {
                write!(f, "not usable: {obstacle}")?;
                match obstacle.remedy(&self.address) {
                    Some(remedy) => write!(f, "; {remedy}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |entries: &[(String, String)]| {
            let entries = entries.iter();
            let entries: Vec<_> = entries
                .map(|(address, driver)| format!("{address} ({driver})"))
                .collect();
            entries.join(", ")
        };
        match self {
            Self::Absent => write!(f, "there is no such PCI function"),
            Self::OtherDevice(vendor, device) => {
                write!(f, "it is {vendor:04x}:{device:04x}, no Gristmill card")
            }
            Self::NoIommu => write!(f, "the machine has no IOMMU, or it is switched off"),
            Self::NotBound(Some(driver)) => write!(f, "it is bound to the driver {driver}"),
            Self::NotBound(None) => write!(f, "it is bound to no driver"),
            Self::NotViable(neighbours) => {
                write!(f, "its IOMMU group is shared with {}", list(neighbours))
            }
            Self::NoPermission(node) => {
                write!(f, "{} cannot be opened by this user", node.display())
            }
            Self::InUse(processes) => {
                let processes: Vec<_> = processes.iter().map(u32::to_string).collect();
                write!(f, "process {} has it", processes.join(", "))
            }
        }
    }
}

impl Obstacle {
    /// What to do about it, if a command does.
    pub fn remedy(&self, address: &str) -> Option<String> {
        match self {
            Self::NoIommu => Some(
                "switch VT-d or AMD-Vi on in the firmware, and boot with intel_iommu=on".into(),
            ),
            Self::NotBound(_) => Some(format!(
                "as root: driverctl set-override {address} {DRIVER}"
            )),
            Self::NotViable(neighbours) => {
                let commands = neighbours
                    .iter()
                    .map(|(address, _)| format!("driverctl set-override {address} {DRIVER}"));
                let commands: Vec<_> = commands.collect();
                Some(format!("as root: {}", commands.join("; ")))
            }
            Self::NoPermission(node) => Some(format!(
                "as root: chgrp gristmill {0} && chmod 660 {0}, or install driver/docs/60-gristmill.rules",
                node.display()
            )),
            Self::Absent | Self::OtherDevice(..) | Self::InUse(_) => None,
        }
    }
}

/// Vendor and device number of a function.
fn identity(folder: &Path) -> Option<(u16, u16)> {
    let number = |name: &str| {
        let text = fs::read_to_string(folder.join(name)).ok()?;
        u16::from_str_radix(text.trim().trim_start_matches("0x"), 16).ok()
    };
    Some((number("vendor")?, number("device")?))
}

/// The last part of what a link points to.
fn target(link: &Path) -> Option<String> {
    let target = fs::read_link(link).ok()?;
    Some(target.file_name()?.to_str()?.into())
}

/// The processes that have a file open, as far as this user may see.
fn holders(node: &Path) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let holds = |process: &fs::DirEntry| {
        let files = fs::read_dir(process.path().join("fd"));
        let mut files = files.into_iter().flatten().flatten();
        files.any(|file| fs::read_link(file.path()).is_ok_and(|target| target == node))
    };
    processes
        .filter(holds)
        .filter_map(|process| process.file_name().to_str()?.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    const ADDRESS: &str = "0000:3b:00.0";

    /// A machine with one card, as folders.
    struct Machine(tempfile::TempDir);

    impl Machine {
        fn new() -> Self {
            let machine = Self(tempfile::tempdir().unwrap());
            for folder in [
                "dev/vfio/devices",
                "groups/7/devices",
                "drivers/vfio-pci",
                "drivers/nvme",
            ] {
                fs::create_dir_all(machine.0.path().join(folder)).unwrap();
            }
            machine.function(ADDRESS, pci::VENDOR, pci::DEVICE, Some(DRIVER));
            machine.node("dev/vfio/7");
            machine
        }

        fn node(&self, path: &str) {
            fs::write(self.0.path().join(path), "").unwrap();
        }

        fn function(&self, address: &str, vendor: u16, device: u16, driver: Option<&str>) {
            let root = self.0.path();
            let folder = root.join("devices").join(address);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("vendor"), format!("0x{vendor:04x}\n")).unwrap();
            fs::write(folder.join("device"), format!("0x{device:04x}\n")).unwrap();
            symlink(root.join("groups/7"), folder.join("iommu_group")).unwrap();
            symlink(&folder, root.join("groups/7/devices").join(address)).unwrap();
            if let Some(driver) = driver {
                symlink(root.join("drivers").join(driver), folder.join("driver")).unwrap();
            }
        }

        fn look(&self, address: &str) -> Slot {
            let root = self.0.path();
            Slot::look_in(&root.join("devices"), &root.join("dev"), address)
        }

        fn remove(&self, path: &str) {
            fs::remove_file(self.0.path().join(path)).unwrap();
        }
    }

    #[test]
    fn a_card_that_is_ready() {
        let slot = Machine::new().look(ADDRESS);
        assert_eq!(slot.obstacle, None);
        assert_eq!(
            slot.to_string(),
            "IOMMU group 7, driver vfio-pci, interface group, usable"
        );
    }

    #[test]
    fn the_own_file_serves_where_there_are_no_groups_for_programs() {
        let machine = Machine::new();
        let own = format!("devices/{ADDRESS}/vfio-dev/vfio4");
        fs::create_dir_all(machine.0.path().join(own)).unwrap();
        machine.node("dev/vfio/devices/vfio4");
        assert_eq!(machine.look(ADDRESS).interface, Some(Interface::Group));
        machine.remove("dev/vfio/7");
        let closed = machine.look(ADDRESS);
        assert_eq!(closed.interface, Some(Interface::Iommufd));
        let missing = machine.0.path().join("dev/iommu");
        assert_eq!(closed.obstacle, Some(Obstacle::NoPermission(missing)));
        machine.node("dev/iommu");
        let slot = machine.look(ADDRESS);
        assert_eq!(
            slot.to_string(),
            "IOMMU group 7, driver vfio-pci, interface iommufd, usable"
        );
        let _held = fs::File::open(machine.0.path().join("dev/vfio/devices/vfio4")).unwrap();
        let held = Some(Obstacle::InUse(vec![std::process::id()]));
        assert_eq!(machine.look(ADDRESS).obstacle, held);
    }

    #[test]
    fn each_obstacle_is_named_with_its_remedy() {
        let machine = Machine::new();
        assert_eq!(
            machine.look("0000:00:00.0").obstacle,
            Some(Obstacle::Absent)
        );
        machine.function("0000:00:01.0", 0x8086, 0x1234, None);
        let other = machine.look("0000:00:01.0");
        assert_eq!(other.obstacle, Some(Obstacle::OtherDevice(0x8086, 0x1234)));

        machine.function("0000:3b:00.1", 0x144d, 0xa80a, Some("nvme"));
        let shared = machine.look(ADDRESS);
        assert!(matches!(&shared.obstacle, Some(Obstacle::NotViable(with))
            if with == &[("0000:3b:00.1".to_string(), "nvme".to_string())]));
        assert!(
            shared
                .to_string()
                .contains("driverctl set-override 0000:3b:00.1 vfio-pci")
        );

        machine.remove("dev/vfio/7");
        machine.remove("devices/0000:3b:00.1/driver");
        let node = machine.look(ADDRESS);
        assert!(matches!(node.obstacle, Some(Obstacle::NoPermission(_))));

        machine.remove(&format!("devices/{ADDRESS}/driver"));
        let unbound = machine.look(ADDRESS);
        assert_eq!(unbound.obstacle, Some(Obstacle::NotBound(None)));
        assert!(
            unbound
                .to_string()
                .ends_with("driverctl set-override 0000:3b:00.0 vfio-pci")
        );

        machine.remove(&format!("devices/{ADDRESS}/iommu_group"));
        assert_eq!(machine.look(ADDRESS).obstacle, Some(Obstacle::NoIommu));
    }

    #[test]
    fn a_holder_is_found() {
        let machine = Machine::new();
        let _held = fs::File::open(machine.0.path().join("dev/vfio/7")).unwrap();
        let slot = machine.look(ADDRESS);
        assert_eq!(
            slot.obstacle,
            Some(Obstacle::InUse(vec![std::process::id()]))
        );
    }
}
