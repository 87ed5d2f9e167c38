/*
 * Draws arguments for calls that should not succeed: null, freed, foreign and wrong-kind handles, numbers out
 * of every range, texts that are not UTF-8, unknown names. calls.inc turns the draws into calls of each exported
 * function.
 *
 * A library written in C cannot notice that a pointer leads to fewer elements than the count says, so that is
 * never drawn: either the counts are small enough for every list, or they are wild and the first element of
 * each list is bad, so that the library has to stop there.
 */
#ifndef MISUSE_H_
#define MISUSE_H_

#include <limits.h>
#include <mxkv.h>
#include <stdint.h>
#include "check.h"

enum { LIST = 64, HANDLES = 26, PLACE = 4096 };

struct draw {
  uint64_t state;
  int zero; /* every draw is zero or null */
  int wild;
  int no_bytes; /* the bytes drawn last are null */
  int used;
  /* Each argument of a call has memory of its own, filled anew. Functions have at most 37 arguments. */
  union {
    char bytes[PLACE];
    int numbers[PLACE / sizeof(int)];
    void *pointers[LIST];
    const char *texts[LIST];
  } places[40];
  /* Live objects of every kind, and handles that were freed. */
  void *handles[HANDLES];
  size_t live;
};

struct call {
  const char *name;
  int (*run)(struct draw *);
  const char *arguments;
};

static inline uint64_t draw_next(struct draw *d) {
  /* splitmix64: every seed gives another, repeatable sequence. */
  uint64_t z = d->state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static inline size_t draw_below(struct draw *d, size_t limit) { return draw_next(d) % limit; }

static inline void *draw_memory(struct draw *d) {
  void *place = &d->places[d->used++ % 40];
  memset(place, 0, PLACE);
  return place;
}

static inline int64_t draw_int(struct draw *d) {
  if (d->zero) return 0;
  static const int64_t odd[] = {0,       1,       2,        3,         5,         9,        77,        -1,        -2,
                                INT_MAX, INT_MIN, UINT_MAX, INT64_MAX, INT64_MIN, 1 << 20, 0x7ffffff0, 0x1000000000};
  return draw_below(d, 2) ? (int64_t)draw_below(d, 4) : odd[draw_below(d, COUNT(odd))];
}

static inline int64_t draw_count(struct draw *d) {
  if (d->zero) return 0;
  static const int64_t wild[] = {-1, INT_MAX, INT_MIN, UINT_MAX, INT64_MAX, 1 << 28, 1000};
  return d->wild && draw_below(d, 2) ? wild[draw_below(d, COUNT(wild))] : (int64_t)draw_below(d, 5);
}

static inline const char *draw_word(struct draw *d) {
  static const char *const words[] = {"",           "a",       "\xff\xfe\x80",   "local",  "device",    "nosuch",
                                      "(2,3)",      "float32", "no/such/folder/f", "3",      "2bit",      "type",
                                      "threshold",  "shape",   "lr",               "-1",     "None",      "1e400",
                                      "_zeros",     "%s%n",    "a\nb",             "w",      "\xe4\xbd\xa0", "(",
                                      "sgd",        "nadam",   "learning_rate",    "0.5",    "1bit",      "{}"};
  return words[draw_below(d, COUNT(words))];
}

static inline const char *draw_text(struct draw *d) {
  if (d->zero || draw_below(d, 8) == 0) return NULL;
  return strcpy((char *)draw_memory(d), draw_word(d));
}

static inline void *draw_handle(struct draw *d) {
  if (d->zero) return NULL;
  switch (draw_below(d, 8)) {
    case 0: return NULL;
    case 1: return draw_memory(d);                        /* an address, as a foreign library would give */
    case 2: return (void *)(uintptr_t)draw_next(d);       /* any bits */
    case 3: return (void *)(uintptr_t)draw_below(d, 64);  /* a small number */
    case 4: /* nearly a handle */
      return (void *)((uintptr_t)d->handles[draw_below(d, HANDLES)] ^ ((uintptr_t)1 << draw_below(d, 64)));
    default: return d->handles[draw_below(d, HANDLES)];
  }
}

static inline void *draw_bytes(struct draw *d) {
  unsigned char *bytes = draw_memory(d);
  d->no_bytes = d->zero || draw_below(d, 6) == 0;
  if (d->no_bytes) return NULL;
  /* Half of the time the magic of array lists, so that what follows is read at all. */
  for (size_t i = 0; i < 256; i++) bytes[i] = (unsigned char)draw_next(d);
  if (draw_below(d, 2)) memcpy(bytes, "\x12\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
  return bytes;
}

/* The size of the bytes drawn before. */
static inline size_t draw_size(struct draw *d) {
  static const size_t sizes[] = {0, 1, 3, 4, 6, 8, 24, 100, 1000, PLACE};
  if (!d->zero && d->no_bytes) return (size_t)draw_int(d);
  return d->zero ? 0 : sizes[draw_below(d, COUNT(sizes))];
}

static inline void *draw_numbers(struct draw *d) {
  int *numbers = draw_memory(d);
  if (d->zero || draw_below(d, 6) == 0) return NULL;
  for (size_t i = 0; i < LIST; i++) numbers[i] = (int)(draw_below(d, 3) ? draw_below(d, 4) : (uint64_t)draw_int(d));
  return numbers;
}

/* A count that the library may also write. */
static inline void *draw_count_place(struct draw *d) {
  int *place = draw_memory(d);
  *place = (int)draw_count(d);
  return !d->zero && draw_below(d, 8) ? place : NULL;
}

static inline void *draw_texts(struct draw *d) {
  const char **texts = draw_memory(d);
  if (d->zero || draw_below(d, 8) == 0) return NULL;
  for (size_t i = d->wild; i < LIST; i++) texts[i] = draw_below(d, 9) ? draw_word(d) : NULL;
  return texts;
}

static inline void *draw_handles(struct draw *d) {
  void **handles = draw_memory(d);
  if (d->zero || draw_below(d, 8) == 0) return NULL;
  for (size_t i = d->wild; i < LIST; i++) handles[i] = draw_handle(d);
  return handles;
}

/* A place for a list, empty or pointing to one. */
static inline void *draw_handle_lists(struct draw *d) {
  void **place = draw_memory(d);
  if (draw_below(d, 2)) *place = draw_handles(d);
  return !d->zero && draw_below(d, 8) ? place : NULL;
}

/* Pointers to be written, or null ones to be read. */
static inline void *draw_pointers(struct draw *d) { return !d->zero && draw_below(d, 8) ? draw_memory(d) : NULL; }

#endif
