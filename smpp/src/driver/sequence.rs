//! Where sequence numbers come from, if the session is not to count by itself.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Gives sequence numbers (section 3.2).
///
/// The driver asks for a number outside of its lock, so asking may take time: a file, a database, a service. Sending waits for
/// it; so does what keeps an idle link alive, now and then. An error, or a panic, fails the request that needed the number,
/// nothing else. A closure is a generator, too:
///
/// ```
/// use smpp::driver::SequenceGenerator;
///
/// let mut last = 1000;
/// let mut generator = move || {
///     last += 2;
///     Ok::<u32, std::io::Error>(last)
/// };
/// assert_eq!(generator.next_sequence_number()?, 1002);
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait SequenceGenerator: Send {
    /// The next number. It should be between 1 and 0x7FFFFFFF, and not one that was given not long ago: a number under
    /// which a request is outstanding is passed over.
    ///
    /// # Errors
    /// Whatever keeps the generator from giving one.
    fn next_sequence_number(&mut self) -> io::Result<u32>;
}

impl<F: FnMut() -> io::Result<u32> + Send> SequenceGenerator for F {
    fn next_sequence_number(&mut self) -> io::Result<u32> {
        self()
    }
}

/// Counts from 1 to 0x7FFFFFFF, then from 1 again: what a session does by itself, but from where one likes.
#[derive(Debug)]
pub struct Counter {
    next: u32,
}

impl Counter {
    /// Begins at 1.
    pub const fn new() -> Self {
        Self { next: 1 }
    }

    /// Begins at this number; at 1 if it is not between 1 and 0x7FFFFFFF.
    pub const fn starting_at(first: u32) -> Self {
        Self { next: if first == 0 || first > LAST { 1 } else { first } }
    }
}

impl Default for Counter {
    fn default() -> Self {
        Self::new()
    }
}

impl SequenceGenerator for Counter {
    fn next_sequence_number(&mut self) -> io::Result<u32> {
        let number = self.next;
        self.next = add(number, 1);
        Ok(number)
    }
}

/// Counts from 1 to 0x7FFFFFFF, then from 1 again, and goes on where it stopped after a restart. No number is ever given
/// twice before all others were, however the process ends, and whatever the machine loses with its power.
///
/// The file holds one decimal number: the first one that may not have been given yet. It is moved ahead by a whole block
/// before the first number of the block is given: written to a temporary file beside it (`.tmp`), flushed to the disk,
/// and renamed. So numbers cost a disk write once a block, and a crash skips the rest of a block. Dropping the generator
/// writes back the exact next number, so that an orderly restart skips none.
///
/// One generator has the file at a time: it holds a lock of the operating system (`flock`, `LockFileEx`) on a second
/// file beside it (`.lock`), which ends with the process, however that ends. The lock file stays where it is; removing it
/// while a generator is open takes the protection away. On a network file system the lock is as good as that system's
/// locks are.
///
/// ```
/// use smpp::driver::{FileSequence, SequenceGenerator};
///
/// # let directory = std::env::temp_dir().join(format!("smpp-doc-sequence-{}", std::process::id()));
/// # std::fs::create_dir_all(&directory)?;
/// # let path = directory.join("sequence");
/// let mut generator = FileSequence::open(&path)?;
/// assert_eq!(generator.next_sequence_number()?, 1);
/// drop(generator);
/// assert_eq!(FileSequence::open(&path)?.next_sequence_number()?, 2);
/// # std::fs::remove_dir_all(&directory)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct FileSequence {
    path: PathBuf,
    next: u32,
    /// Numbers that may be given before the file must be written again.
    reserved: u32,
    block: u32,
    /// Holds the lock.
    _lock: File,
}

impl FileSequence {
    /// Opens the file, which need not exist: then it begins at 1. Nothing but the lock file is written yet.
    ///
    /// # Errors
    /// Each names the file. [`WouldBlock`](io::ErrorKind::WouldBlock) if another generator has it, in this process or
    /// another; [`InvalidData`](io::ErrorKind::InvalidData) if it holds anything but a number between 1 and 0x7FFFFFFF;
    /// and what the system says when it is opened.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = resolve(path.as_ref()).map_err(|error| explain(path.as_ref(), error))?;
        let lock = lock(&path).map_err(|error| explain(&path, error))?;
        let next = read(&path).map_err(|error| explain(&path, error))?;
        Ok(Self { path, next, reserved: 0, block: 1000, _lock: lock })
    }

    /// The same with another number of numbers to a block; 1,000 unless set, 0 counts as 1. What a crash skips, and how
    /// seldom the disk is written.
    pub fn with_block(mut self, block: u32) -> Self {
        self.block = block.clamp(1, LAST);
        self
    }

    fn write(&self, next: u32) -> io::Result<()> {
        write(&self.path, next).map_err(|error| explain(&self.path, error))
    }
}

impl SequenceGenerator for FileSequence {
    fn next_sequence_number(&mut self) -> io::Result<u32> {
        if self.reserved == 0 {
            self.write(add(self.next, self.block))?;
            self.reserved = self.block;
        }
        let number = self.next;
        (self.next, self.reserved) = (add(number, 1), self.reserved - 1);
        Ok(number)
    }
}

impl Drop for FileSequence {
    fn drop(&mut self) {
        if self.reserved > 0 {
            // If it fails, the file still holds the end of the block: some numbers are skipped, none is given twice.
            let _ = self.write(self.next);
        }
    }
}

/// The greatest sequence number that is given.
const LAST: u32 = 0x7FFF_FFFF;

/// The number so many after this one: after the last one comes 1.
const fn add(number: u32, more: u32) -> u32 {
    // Both are at most 0x7FFFFFFF, so the sum fits.
    (number - 1 + more) % LAST + 1
}

/// The file itself, so that there is one lock however it is called, and no change of the working directory matters.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let name =
                path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a file name"))?;
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            Ok(fs::canonicalize(parent.unwrap_or_else(|| Path::new(".")))?.join(name))
        }
        resolved => resolved,
    }
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(extension);
    name.into()
}

/// The lock is on a file of its own, since renaming puts another file in the place of the one that holds the number.
fn lock(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(beside(path, ".lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(io::Error::new(io::ErrorKind::WouldBlock, "another generator has it")),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn read(path: &Path) -> io::Result<u32> {
    let mut text = String::new();
    match File::open(path) {
        Ok(file) => file.take(16).read_to_string(&mut text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(1),
        Err(error) => return Err(error),
    };
    // Beginning at 1 again would give numbers twice, so whatever is odd is left to a person.
    let digits = text.strip_suffix('\n').unwrap_or(&text);
    let number = Some(digits).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
    let number = number.and_then(|digits| digits.parse().ok()).filter(|number| (1..=LAST).contains(number));
    number.ok_or_else(|| {
        let why = format!("{text:?} is no sequence number between 1 and {LAST}");
        io::Error::new(io::ErrorKind::InvalidData, why)
    })
}

fn write(path: &Path, next: u32) -> io::Result<()> {
    let temporary = beside(path, ".tmp");
    let mut file = File::create(&temporary)?;
    file.write_all(format!("{next}\n").as_bytes())?;
    file.sync_all()?;
    drop(file);
    fs::rename(&temporary, path)?;
    // The new name is on the disk only once the directory is. Elsewhere a directory cannot be opened like a file.
    #[cfg(unix)]
    if let Some(directory) = path.parent() {
        File::open(directory)?.sync_all()?;
    }
    Ok(())
}

fn explain(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("sequence number file {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// A directory that goes when the test ends well.
    struct Directory(PathBuf);

    impl Directory {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("smpp-sequence-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn file(&self) -> PathBuf {
            self.0.join("sequence")
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn draw(generator: &mut impl SequenceGenerator, count: usize) -> Vec<u32> {
        (0..count).map(|_| generator.next_sequence_number().unwrap()).collect()
    }

    #[test]
    fn counters_wrap_to_1() {
        assert_eq!(draw(&mut Counter::starting_at(LAST - 1), 3), [LAST - 1, LAST, 1]);
        for odd in [0, LAST + 1, u32::MAX] {
            assert_eq!(draw(&mut Counter::starting_at(odd), 2), [1, 2]);
        }
        assert_eq!((add(1, LAST), add(LAST, 1), add(LAST, LAST)), (1, 1, LAST));
    }

    #[test]
    fn an_orderly_restart_goes_on_at_the_next_number() {
        let directory = Directory::new("restart");
        let mut expected = 1;
        for count in [0, 1, 3, 10, 11, 0, 25] {
            let mut generator = FileSequence::open(directory.file()).unwrap().with_block(10);
            assert_eq!(draw(&mut generator, count), (expected..expected + count as u32).collect::<Vec<_>>());
            expected += count as u32;
        }
        fs::write(directory.file(), format!("{}", LAST - 1)).unwrap();
        assert_eq!(draw(&mut FileSequence::open(directory.file()).unwrap(), 4), [LAST - 1, LAST, 1, 2]);
        assert_eq!(draw(&mut FileSequence::open(directory.file()).unwrap(), 1), [3]);
    }

    #[test]
    fn the_file_is_ahead_of_every_number_given() {
        let directory = Directory::new("ahead");
        let mut generator = FileSequence::open(directory.file()).unwrap().with_block(7);
        for number in draw(&mut generator, 1) {
            assert_eq!((number, read(&directory.file()).unwrap()), (1, 8));
        }
        for _ in 0..100 {
            let number = generator.next_sequence_number().unwrap();
            assert!((number + 1..=number + 7).contains(&read(&directory.file()).unwrap()), "{number}");
        }
    }

    /// The same test again, as another process: it gives numbers and then crashes.
    #[test]
    fn a_crash_gives_no_number_twice() {
        const FILE: &str = "SMPP_TEST_SEQUENCE_FILE";
        if let Some(file) = std::env::var_os(FILE) {
            let mut generator = FileSequence::open(file).unwrap().with_block(5);
            draw(&mut generator, 8).into_iter().for_each(|number| println!("number {number}"));
            std::process::abort();
        }
        let directory = Directory::new("crash");
        let mut given = Vec::new();
        for _ in 0..3 {
            let mut again = Command::new(std::env::current_exe().unwrap());
            again.args(["--exact", "driver::sequence::tests::a_crash_gives_no_number_twice", "--nocapture"]);
            let output = again.env(FILE, directory.file()).output().unwrap();
            assert!(!output.status.success());
            let said = String::from_utf8(output.stdout).unwrap();
            // The first follows what the test harness says on the same line.
            given.extend(said.split("number ").skip(1).map(|rest| {
                let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap();
                digits.parse::<u32>().unwrap()
            }));
        }
        // A crash skips the rest of its block.
        let expected: Vec<u32> = [1..9, 11..19, 21..29].into_iter().flatten().collect();
        assert_eq!(given, expected);
        assert_eq!(draw(&mut FileSequence::open(directory.file()).unwrap(), 1), [31]);
    }

    #[test]
    fn one_generator_at_a_time_by_whatever_name() {
        let directory = Directory::new("lock");
        let first = FileSequence::open(directory.file()).unwrap();
        let roundabout = directory.0.join("..").join(directory.0.file_name().unwrap()).join("sequence");
        for path in [directory.file(), roundabout] {
            let error = FileSequence::open(path).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
            assert!(error.to_string().contains("sequence: another generator has it"), "{error}");
        }
        drop(first);
        FileSequence::open(directory.file()).unwrap();
    }

    #[test]
    fn garbage_is_an_error_that_names_the_file_and_is_left_alone() {
        let directory = Directory::new("garbage");
        for garbage in ["", "\n", "0", "-1", "+5", "2147483648", "12 ", "12\n\n", "x", "99999999999999999999999"] {
            fs::write(directory.file(), garbage).unwrap();
            let error = FileSequence::open(directory.file()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{garbage:?}");
            assert!(error.to_string().contains(&directory.file().display().to_string()), "{error}");
            assert_eq!(fs::read_to_string(directory.file()).unwrap(), garbage);
        }
        let error = FileSequence::open(directory.0.join("absent").join("sequence")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(error.to_string().contains("absent"), "{error}");
    }

    #[test]
    fn a_number_that_cannot_be_reserved_is_not_given() {
        let directory = Directory::new("full");
        let mut generator = FileSequence::open(directory.file()).unwrap().with_block(2);
        assert_eq!(draw(&mut generator, 2), [1, 2]);
        // A directory in the place of the temporary file: it cannot be written.
        fs::create_dir(beside(&directory.file(), ".tmp")).unwrap();
        for _ in 0..2 {
            assert!(generator.next_sequence_number().unwrap_err().to_string().contains("sequence"));
        }
        fs::remove_dir(beside(&directory.file(), ".tmp")).unwrap();
        assert_eq!(draw(&mut generator, 1), [3]);
    }
}
