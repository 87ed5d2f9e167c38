#include "check.h"

static void write_three(const char *path, size_t positions[4]) {
  static const char magic_inside[] = "abcd\x0a\x23\xd7\xce" "e";
  RecordIOHandle writer;
  OK(MXRecordIOWriterCreate(path, &writer));
  OK(MXRecordIOWriterTell(writer, &positions[0]));
  OK(MXRecordIOWriterWriteRecord(writer, "hello", 5));
  OK(MXRecordIOWriterTell(writer, &positions[1]));
  OK(MXRecordIOWriterWriteRecord(writer, magic_inside, 9));
  OK(MXRecordIOWriterTell(writer, &positions[2]));
  OK(MXRecordIOWriterWriteRecord(writer, "", 0));
  OK(MXRecordIOWriterTell(writer, &positions[3]));
  OK(MXRecordIOWriterFree(writer));
}

static void next_is(RecordIOHandle reader, const void *bytes, size_t size) {
  const char *buf = NULL;
  size_t got = 99;
  OK(MXRecordIOReaderReadRecord(reader, &buf, &got));
  EQUALS(got, size);
  CHECK(buf != NULL && memcmp(buf, bytes, size) == 0, "other bytes");
}

TEST(write_read_seek) {
  const char *path = scratch_file("records");
  size_t positions[4], at;
  RecordIOHandle reader;
  const char *buf = "";
  write_three(path, positions);
  EQUALS(positions[0], 0);
  EQUALS(positions[1], 16);
  EQUALS(positions[2], 16 + 12 + 12);
  OK(MXRecordIOReaderCreate(path, &reader));
  next_is(reader, "hello", 5);
  next_is(reader, "abcd\x0a\x23\xd7\xce" "e", 9);
  next_is(reader, "", 0);
  OK(MXRecordIOReaderSeek(reader, positions[1]));
  OK(MXRecordIOReaderTell(reader, &at));
  EQUALS(at, positions[1]);
  next_is(reader, "abcd\x0a\x23\xd7\xce" "e", 9);
  next_is(reader, "", 0);
  OK(MXRecordIOReaderReadRecord(reader, &buf, &at));
  CHECK(buf == NULL && at == 0, "a record after the end");
#ifndef REAL_MXNET /* which stays at the end for good */
  OK(MXRecordIOReaderSeek(reader, 0));
  next_is(reader, "hello", 5);
#endif
  OK(MXRecordIOReaderFree(reader));
  unlink(path);
}

#ifndef REAL_MXNET
TEST(misuse) {
  const char *path = scratch_file("misuse"), *buf = "x";
  size_t positions[4], at = 7;
  RecordIOHandle reader, writer = &writer;
  write_three(path, positions);
  OK(MXRecordIOReaderCreate(path, &reader));
  OK(MXRecordIOReaderSeek(reader, 3));
  FAILS(MXRecordIOReaderReadRecord(reader, &buf, &at), "no record starts at byte 3");
  CHECK(buf == NULL && at == 0, "outputs were not cleared");
  FAILS(MXRecordIOReaderSeek(reader, SIZE_MAX), "seeking");
  FAILS(MXRecordIOReaderReadRecord(reader, NULL, &at), "buf");
  FAILS(MXRecordIOWriterWriteRecord(reader, "x", 1), "handle: expected a RecordIO writer handle, got a RecordIO reader");
  FAILS(MXRecordIOWriterFree(reader), "RecordIO writer");
  OK(MXRecordIOReaderFree(reader));
  FAILS(MXRecordIOReaderFree(reader), "freed");
  FAILS(MXRecordIOReaderReadRecord(reader, &buf, &at), "freed");
  OK(MXRecordIOReaderFree(NULL));
  OK(MXRecordIOWriterFree(NULL));
  FAILS(MXRecordIOWriterCreate("no/such/folder/f", &writer), "no/such/folder/f");
  CHECK(writer == NULL, "the output was not cleared");
  FAILS(MXRecordIOWriterCreate("s3://bucket/key", &writer), "local files");
  FAILS(MXRecordIOWriterCreate(NULL, &writer), "uri");
  OK(MXRecordIOWriterCreate(path, &writer));
  FAILS(MXRecordIOWriterWriteRecord(writer, "x", (size_t)1 << 29), "size");
  FAILS(MXRecordIOWriterWriteRecord(writer, NULL, 1), "buf");
  OK(MXRecordIOWriterWriteRecord(writer, NULL, 0));
  OK(MXRecordIOWriterFree(writer));
  unlink(path);
}
#else
TEST(misuse) {}
#endif

TESTS(LISTED(write_read_seek), LISTED(misuse))
