//! Keys: numbers or texts, which entry of the store each means, and the grouping of one call's entries.

use crate::base::Result;
use crate::base::sync::Arc;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// The keys of one call. The first call with keys fixes which kind a store has.
#[derive(Clone, Copy, Debug)]
pub enum Keys<'a> {
    Int(&'a [i32]),
    Text(&'a [&'a str]),
}

impl Keys<'_> {
    pub fn len(&self) -> usize {
        match self {
            Keys::Int(keys) => keys.len(),
            Keys::Text(keys) => keys.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Refuses a list of arrays that has not one for each key; `argument` is its name.
    pub fn check_count(&self, arrays: usize, argument: &str) -> Result<()> {
        crate::ensure!(
            self.len() == arrays,
            InvalidArgument,
            "{argument}: expected {} arrays, one for each key, got {arrays}",
            self.len()
        );
        Ok(())
    }

    /// Whether key `i` is the one before it once more.
    #[inline]
    fn repeats(&self, i: usize) -> bool {
        match self {
            Keys::Int(keys) => i > 0 && keys[i] == keys[i - 1],
            Keys::Text(keys) => i > 0 && keys[i] == keys[i - 1],
        }
    }

    pub fn kind(&self) -> KeyKind {
        match self {
            Keys::Int(_) => KeyKind::Int,
            Keys::Text(_) => KeyKind::Text,
        }
    }

    /// Key `i`, for messages; numbers and texts print as they are.
    fn name(&self, i: usize) -> Key {
        match self {
            Keys::Int(keys) => Key::Int(keys[i]),
            Keys::Text(keys) => Key::Text { text: keys[i].into(), number: 0 },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    Int,
    Text,
}

/// One key of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    Int(i32),
    /// Texts are numbered from 0 in the order of their init. The number stands for the key where only
    /// numbers can: in updaters that take integers, and on the wire.
    Text {
        text: Arc<str>,
        number: i32,
    },
}

impl Key {
    /// Keys of one call are worked on in ascending order of this number.
    pub fn number(&self) -> i32 {
        match self {
            Key::Int(number) | Key::Text { number, .. } => *number,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Int(number) => number.fmt(f),
            Key::Text { text, .. } => f.write_str(text),
        }
    }
}

/// The keys of a store, and for each its slot: slots count from 0 in the order of init.
#[derive(Default)]
pub struct KeyTable {
    kind: Option<KeyKind>,
    ints: FxHashMap<i32, u32>,
    texts: FxHashMap<Arc<str>, u32>,
    keys: Vec<Key>,
}

impl KeyTable {
    /// The key in a slot that this table gave out.
    pub fn key(&self, slot: usize) -> &Key {
        &self.keys[slot]
    }

    pub fn len(&self) -> usize {
        self.keys.len()
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Fixes the kind of key at the first call that has keys; the other kind is an error from then on.
    pub fn fix_kind(&mut self, keys: Keys<'_>) -> Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        let kind = *self.kind.get_or_insert(keys.kind());
        crate::ensure!(
            kind == keys.kind(),
            InvalidArgument,
            "Mixed key types are not allowed: this store has {} keys",
            match kind {
                KeyKind::Int => "int",
                KeyKind::Text => "string",
            }
        );
        Ok(())
    }

    /// The slot of key `i` of a call, if it was initialised.
    pub fn find(&self, keys: Keys<'_>, i: usize) -> Option<usize> {
        let slot = match keys {
            Keys::Int(keys) => self.ints.get(keys.get(i)?),
            Keys::Text(keys) => self.texts.get(*keys.get(i)?),
        };
        slot.map(|slot| *slot as usize)
    }

    pub fn require(&self, keys: Keys<'_>, i: usize) -> Result<usize> {
        self.find(keys, i).ok_or_else(|| {
            let key = keys.name(i);
            match keys.kind() {
                KeyKind::Int => crate::err!(UnknownKey, "key {key} has not been inited"),
                KeyKind::Text => crate::err!(UnknownKey, "key {key} doesn't exist. Did you init?"),
            }
        })
    }

    /// Gives key `i` of a call the next slot; it must not have one yet.
    pub fn add(&mut self, keys: Keys<'_>, i: usize) -> Result<usize> {
        self.require_new(keys, i)?;
        let slot = u32::try_from(self.keys.len()).map_err(|_| crate::err!(OutOfMemory, "too many keys"))?;
        let key = match keys {
            Keys::Int(keys) => {
                self.ints.insert(keys[i], slot);
                Key::Int(keys[i])
            }
            Keys::Text(keys) => {
                let text: Arc<str> = keys[i].into();
                self.texts.insert(text.clone(), slot);
                Key::Text { text, number: i32::try_from(slot).unwrap_or(i32::MAX) }
            }
        };
        self.keys.push(key);
        Ok(slot as usize)
    }

    /// Takes back the slots from `len` on.
    pub fn truncate(&mut self, len: usize) {
        for key in self.keys.drain(len.min(self.keys.len())..) {
            match key {
                Key::Int(number) => drop(self.ints.remove(&number)),
                Key::Text { text, .. } => drop(self.texts.remove(&text)),
            }
        }
    }

    pub fn require_new(&self, keys: Keys<'_>, i: usize) -> Result<()> {
        crate::ensure!(
            self.find(keys, i).is_none(),
            DuplicateKey,
            "duplicate init of key {}, please check if you have called init more than once",
            keys.name(i)
        );
        Ok(())
    }

    /// Groups the entries of a call by key, in ascending order of the keys' numbers. All keys must be known.
    pub fn group(&self, keys: Keys<'_>) -> Result<Groups> {
        let mut groups = Groups { groups: SmallVec::with_capacity(keys.len()), order: None };
        let mut last = None;
        for i in 0..keys.len() {
            // The values of one key on several devices mostly come one after the other.
            if let (Some(group), true) = (groups.groups.last_mut(), keys.repeats(i)) {
                group.entries.end = i + 1;
                continue;
            }
            let slot = self.require(keys, i)?;
            let number = self.keys[slot].number();
            match last {
                Some(last) if number < last => return self.group_unordered(keys),
                Some(last) if number == last => {
                    if let Some(group) = groups.groups.last_mut() {
                        group.entries.end = i + 1;
                    }
                }
                _ => groups.groups.push(Group { slot, number, entries: i..i + 1 }),
            }
            last = Some(number);
        }
        Ok(groups)
    }

    /// The general case: a stable sort, so that the entries of a key keep their order.
    fn group_unordered(&self, keys: Keys<'_>) -> Result<Groups> {
        let mut entries = (0..keys.len())
            .map(|i| self.require(keys, i).map(|slot| (self.keys[slot].number(), slot, i)))
            .collect::<Result<Vec<_>>>()?;
        entries.sort_by_key(|(number, ..)| *number);
        let mut groups: SmallVec<[Group; 4]> = SmallVec::new();
        for (place, (number, slot, _)) in entries.iter().enumerate() {
            match groups.last_mut() {
                Some(group) if group.number == *number => group.entries.end = place + 1,
                _ => groups.push(Group { slot: *slot, number: *number, entries: place..place + 1 }),
            }
        }
        Ok(Groups { groups, order: Some(entries.into_iter().map(|(_, _, i)| i).collect()) })
    }
}

/// The entries of one call that have the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub slot: usize,
    pub number: i32,
    /// Where they are in the arranged list.
    pub entries: Range<usize>,
}

/// All groups of a call, in the order in which they are worked on.
pub struct Groups {
    groups: SmallVec<[Group; 4]>,
    /// The entries in order of the groups, if that is not the order of the call.
    order: Option<Vec<usize>>,
}

impl Groups {
    pub fn iter(&self) -> std::slice::Iter<'_, Group> {
        self.groups.iter()
    }

    pub fn get(&self, place: usize) -> Option<&Group> {
        self.groups.get(place)
    }

    pub fn len(&self) -> usize {
        self.groups.len()
    }

    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The group of a key, if the call has it.
    pub fn find(&self, number: i32) -> Option<&Group> {
        let place = self.groups.binary_search_by_key(&number, |group| group.number).ok()?;
        self.groups.get(place)
    }

    /// The values of the call, arranged so that each group's `entries` are next to each other.
    pub fn arrange<'v, T: Clone>(&self, values: &'v [T]) -> Cow<'v, [T]> {
        match &self.order {
            None => Cow::Borrowed(values),
            Some(order) => Cow::Owned(order.iter().map(|i| values[*i].clone()).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(table: &KeyTable, keys: Keys<'_>) -> Vec<(String, Vec<usize>)> {
        let indices: Vec<usize> = (0..keys.len()).collect();
        let groups = table.group(keys).unwrap();
        let arranged = groups.arrange(&indices);
        groups
            .iter()
            .map(|group| (table.key(group.slot).to_string(), arranged[group.entries.clone()].to_vec()))
            .collect()
    }

    fn table(keys: Keys<'_>) -> KeyTable {
        let mut table = KeyTable::default();
        table.fix_kind(keys).unwrap();
        (0..keys.len()).for_each(|i| assert_eq!(table.add(keys, i).unwrap(), i));
        table
    }

    #[test]
    fn numbers_are_worked_on_in_ascending_order_and_keep_the_order_of_their_values() {
        let table = table(Keys::Int(&[30, -10, 20]));
        let of = |keys: &[i32]| groups(&table, Keys::Int(keys));
        let expected = |list: &[(&str, &[usize])]| -> Vec<(String, Vec<usize>)> {
            list.iter().map(|(key, entries)| (key.to_string(), entries.to_vec())).collect()
        };
        assert_eq!(of(&[]), expected(&[]));
        assert_eq!(of(&[-10, -10, 30]), expected(&[("-10", &[0, 1]), ("30", &[2])]));
        assert_eq!(of(&[20, 30, -10, 20]), expected(&[("-10", &[2]), ("20", &[0, 3]), ("30", &[1])]));
    }

    #[test]
    fn texts_are_worked_on_in_the_order_of_their_init() {
        let table = table(Keys::Text(&["c", "", "ü"]));
        let got = groups(&table, Keys::Text(&["ü", "c", "", "c"]));
        assert_eq!(got, [("c".into(), vec![1, 3]), (String::new(), vec![2]), ("ü".into(), vec![0])]);
        assert_eq!(table.key(2).number(), 2);
    }

    #[test]
    fn slots_that_were_taken_back_are_given_out_again() {
        let mut ints = table(Keys::Int(&[30, -10, 20]));
        ints.truncate(1);
        assert_eq!((ints.len(), ints.find(Keys::Int(&[20]), 0)), (1, None));
        assert_eq!(ints.add(Keys::Int(&[20]), 0).unwrap(), 1);
        let mut texts = table(Keys::Text(&["a", "b"]));
        texts.truncate(1);
        assert_eq!(texts.add(Keys::Text(&["b"]), 0).unwrap(), 1);
        assert_eq!(texts.key(1).number(), 1);
        texts.truncate(5);
        assert_eq!(texts.len(), 2);
    }

    #[test]
    fn errors_are_mxnets() {
        let mut table = table(Keys::Int(&[3]));
        let message = |result: Result<()>| result.unwrap_err().to_string();
        assert!(message(table.fix_kind(Keys::Text(&["3"]))).starts_with("Mixed key types are not allowed"));
        assert!(table.fix_kind(Keys::Text(&[])).is_ok());
        assert!(message(table.add(Keys::Int(&[3]), 0).map(drop)).starts_with("duplicate init of key 3"));
        assert_eq!(message(table.group(Keys::Int(&[3, 5])).map(drop)), "key 5 has not been inited");
        let texts = super::tests::table(Keys::Text(&["a"]));
        assert_eq!(message(texts.group(Keys::Text(&["b"])).map(drop)), "key b doesn't exist. Did you init?");
    }
}
