package io.mxkv;

/** How an array keeps its elements. */
public enum StorageType {
  /** Every element, row by row. */
  DENSE(0, "default"),
  /** Whole rows, with the ascending numbers of the rows that are there. */
  ROW_SPARSE(1, "row_sparse"),
  /** Compressed rows of a matrix. */
  CSR(2, "csr");

  private final int code;
  private final String text;

  StorageType(int code, String text) {
    this.code = code;
    this.text = text;
  }

  /** The number in the C interface. */
  public int code() {
    return code;
  }

  static StorageType of(int code) {
    for (StorageType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    throw MxkvException.of(ErrorKind.STORAGE_TYPE, "storage type: expected 0, 1 or 2, got " + code);
  }

  /** The name used in operator parameters: {@code default}, {@code row_sparse} or {@code csr}. */
  @Override
  public String toString() {
    return text;
  }
}
