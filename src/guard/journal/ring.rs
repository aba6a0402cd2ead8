//! Blocked decisions on their way to the table: in shared memory, for the transaction that made them is rolled back.
//!
//! Only there when the library is in `shared_preload_libraries`. What finds no room is in the log all the same.
//!
//! Vouches for: the ring is plain data without pointers; it is asked for only where it was set up.
#![allow(unsafe_code, reason = "shared memory; see the module's promise")]

use super::{Entry, worker};
use core::sync::atomic::{AtomicBool, Ordering};
use pgrx::lwlock::PgLwLock;
use pgrx::shmem::PGRXSharedMemory;
use pgrx::{pg_guard, pg_shmem_init, pg_sys};

/// The server makes it on its stack first.
const SLOTS: usize = 256;
/// An entry with a statement that is longer goes without it.
const BYTES: usize = 3_000;
/// Databases that a worker can be at work in at once.
const WORKERS: usize = 16;

#[derive(Clone, Copy)]
struct Slot {
    /// OID of the database; 0 for a slot that is free.
    database: u32,
    len: usize,
    bytes: [u8; BYTES],
}

/// A first-in, first-out queue.
#[derive(Clone, Copy)]
struct Ring {
    /// The slot that was filled first.
    first: usize,
    filled: usize,
    slots: [Slot; SLOTS],
    /// Found no room since the server started.
    left_out: u64,
    /// Databases that have a worker, or are about to.
    workers: [u32; WORKERS],
}

// SAFETY: numbers and bytes alone.
unsafe impl PGRXSharedMemory for Ring {}

impl Default for Ring {
    #[expect(clippy::large_stack_arrays, reason = "pgrx takes the first value of shared memory by value")]
    fn default() -> Self {
        let slot = Slot { database: 0, len: 0, bytes: [0; BYTES] };
        Self { first: 0, filled: 0, slots: [slot; SLOTS], left_out: 0, workers: [0; WORKERS] }
    }
}

impl Ring {
    /// Puts an entry in. Where there is no room the oldest gives way: it may be of a database that is gone.
    fn put(&mut self, database: u32, bytes: &[u8]) {
        if bytes.len() > BYTES {
            self.left_out += 1;
            return;
        }
        if self.filled == SLOTS {
            self.pass_free();
        }
        if self.filled == SLOTS {
            self.first = (self.first + 1) % SLOTS;
            self.filled -= 1;
            self.left_out += 1;
        }
        let slot = &mut self.slots[(self.first + self.filled) % SLOTS];
        slot.bytes[..bytes.len()].copy_from_slice(bytes);
        (slot.database, slot.len) = (database, bytes.len());
        self.filled += 1;
    }

    /// Takes out what is a database's; what others wait for stays, in its order.
    fn take(&mut self, database: u32, most: usize) -> Vec<Vec<u8>> {
        let mut taken = Vec::new();
        for i in 0..self.filled {
            let slot = &mut self.slots[(self.first + i) % SLOTS];
            if slot.database == database && taken.len() < most {
                taken.push(slot.bytes[..slot.len].to_vec());
                slot.database = 0;
            }
        }
        self.pass_free();
        taken
    }

    /// Goes on to the first slot that is not free.
    fn pass_free(&mut self) {
        while self.filled > 0 && self.slots[self.first].database == 0 {
            self.first = (self.first + 1) % SLOTS;
            self.filled -= 1;
        }
    }

    /// Takes a worker's place, unless the database has one or all are taken.
    fn begin_work(&mut self, database: u32) -> bool {
        if self.workers.contains(&database) {
            return false;
        }
        match self.workers.iter_mut().find(|place| **place == 0) {
            Some(place) => {
                *place = database;
                true
            }
            None => false,
        }
    }

    fn end_work(&mut self, database: u32) {
        self.workers.iter_mut().filter(|place| **place == database).for_each(|place| *place = 0);
    }

    fn waits(&self, database: u32) -> usize {
        (0..self.filled).filter(|i| self.slots[(self.first + i) % SLOTS].database == database).count()
    }
}

// SAFETY: no other lock has that name.
static RING: PgLwLock<Ring> = unsafe { PgLwLock::new(c"pg_warden journal") };
static IS_THERE: AtomicBool = AtomicBool::new(false);

/// Asks for the memory, where the library is loaded with the server.
pub(crate) fn reserve() {
    // SAFETY: reads a global of the server.
    if unsafe { pg_sys::process_shared_preload_libraries_in_progress } {
        #[expect(unexpected_cfgs, reason = "the macro asks for majors that are not supported here")]
        {
            pg_shmem_init!(RING);
        }
        IS_THERE.store(true, Ordering::Relaxed);
    }
}

/// Whether blocked decisions reach the table.
pub(crate) fn is_there() -> bool {
    IS_THERE.load(Ordering::Relaxed)
}

/// Puts a decision in, and sees to it that a worker takes it to the table of this database.
pub(super) fn put(entry: &Entry) {
    if !is_there() {
        return;
    }
    let database = crate::store::database();
    let bytes = entry.pack(BYTES);
    let starts_work = {
        let mut ring = RING.exclusive();
        match &bytes {
            Some(bytes) => ring.put(database.to_u32(), bytes),
            None => ring.left_out += 1,
        }
        ring.begin_work(database.to_u32())
    };
    if starts_work && !worker::start(database) {
        RING.exclusive().end_work(database.to_u32());
    }
}

/// The oldest decisions of a database, up to so many.
pub(super) fn take(database: pg_sys::Oid, most: usize) -> Vec<Entry> {
    let taken = RING.exclusive().take(database.to_u32(), most);
    taken.iter().filter_map(|bytes| Entry::unpack(bytes)).collect()
}

/// Counts decisions that were taken out and could not be written.
pub(super) fn leave_out(count: usize) {
    RING.exclusive().left_out += u64::try_from(count).unwrap_or(0);
}

/// Gives a worker's place back, if nothing waits for it; `false` where something does.
pub(super) fn end_work_if_done(database: pg_sys::Oid) -> bool {
    let mut ring = RING.exclusive();
    let done = ring.waits(database.to_u32()) == 0;
    if done {
        ring.end_work(database.to_u32());
    }
    done
}

/// Gives a worker's place back, whatever waits: the next decision starts another.
pub(super) fn end_work(database: pg_sys::Oid) {
    RING.exclusive().end_work(database.to_u32());
}

/// How many decisions of this database wait for the table, and how many of all found no room since the server started.
pub(crate) fn waiting_and_left_out() -> (usize, u64) {
    let ring = RING.share();
    (ring.waits(crate::store::database().to_u32()), ring.left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_in_order_and_for_its_database() {
        let mut ring = Box::new(Ring::default());
        for n in 0..SLOTS + 3 {
            ring.put(u32::try_from(n % 2 + 1).unwrap(), &n.to_le_bytes());
        }
        assert_eq!((ring.filled, ring.left_out), (SLOTS, 3));
        assert_eq!(ring.take(1, 2), [4_usize.to_le_bytes().to_vec(), 6_usize.to_le_bytes().to_vec()]);
        assert_eq!(ring.filled, SLOTS, "the first is still to be taken by another");
        assert_eq!(ring.take(2, usize::MAX).len(), SLOTS / 2);
        assert_eq!((ring.waits(1), ring.take(1, usize::MAX).len()), (SLOTS / 2 - 2, SLOTS / 2 - 2));
        assert_eq!(ring.filled, 0);
        ring.put(7, &[0; BYTES + 1]);
        assert_eq!((ring.filled, ring.left_out), (0, 4));
    }

    #[test]
    fn what_was_taken_from_the_middle_makes_room() {
        let mut ring = Box::new(Ring::default());
        ring.put(1, &[0]);
        (1..SLOTS).for_each(|_| ring.put(2, &[0]));
        ring.take(2, usize::MAX);
        (0..SLOTS).for_each(|_| ring.put(3, &[0]));
        assert_eq!((ring.waits(1), ring.waits(3), ring.left_out), (0, SLOTS, 1), "only the first one gave way");
    }

    #[test]
    fn a_database_has_one_worker() {
        let mut ring = Box::new(Ring::default());
        assert!(ring.begin_work(5) && !ring.begin_work(5) && ring.begin_work(6));
        ring.end_work(5);
        assert!(ring.begin_work(5));
        for database in 100..100 + u32::try_from(WORKERS).unwrap() {
            ring.begin_work(database);
        }
        assert!(!ring.begin_work(999));
    }
}
