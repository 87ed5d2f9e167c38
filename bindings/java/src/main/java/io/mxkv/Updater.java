package io.mxkv;

/** A rule that changes a stored array when values were pushed to its key. */
@FunctionalInterface
public interface Updater {
  /**
   * Called during {@code push} or {@code pushPull} on the thread that called it. Both arrays are closed when it
   * returns: keep copies, not the arrays.
   *
   * @param key the key
   * @param received the sum of the pushed values; may be the pushed array itself
   * @param stored the stored array, to be changed in place
   */
  void update(String key, NDArray received, NDArray stored);
}
