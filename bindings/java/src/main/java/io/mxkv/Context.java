package io.mxkv;

import java.util.Objects;

/**
 * Where an array lives. Only host memory exists; device ids are kept and reported but have no other meaning,
 * so {@code cpu(0)}, {@code cpu(1)} … serve as stand-ins for several devices.
 */
public final class Context {
  private final String deviceType;
  private final int deviceId;

  /**
   * @param deviceType one of {@code cpu}, {@code gpu}, {@code cpu_pinned}, {@code cpu_shared}
   * @param deviceId the device's number
   */
  public Context(String deviceType, int deviceId) {
    this.deviceType = deviceType;
    this.deviceId = deviceId;
    typeId();
  }

  /** The first CPU device. */
  public static Context cpu() {
    return cpu(0);
  }

  /** A CPU device. */
  public static Context cpu(int deviceId) {
    return new Context("cpu", deviceId);
  }

  /** A GPU device. Arrays cannot be made on it; the context itself can. */
  public static Context gpu(int deviceId) {
    return new Context("gpu", deviceId);
  }

  static Context of(int typeId, int deviceId) {
    switch (typeId) {
      case 1:
        return new Context("cpu", deviceId);
      case 2:
        return new Context("gpu", deviceId);
      case 3:
        return new Context("cpu_pinned", deviceId);
      case 5:
        return new Context("cpu_shared", deviceId);
      default:
        throw MxkvException.of(ErrorKind.INVALID_ARGUMENT, "device type: expected 1, 2, 3 or 5, got " + typeId);
    }
  }

  /** The device's kind: {@code cpu}, {@code gpu}, {@code cpu_pinned} or {@code cpu_shared}. */
  public String deviceType() {
    return deviceType;
  }

  /** The device's number. */
  public int deviceId() {
    return deviceId;
  }

  /** The number of the device's kind in the C interface. */
  public int typeId() {
    switch (deviceType) {
      case "cpu":
        return 1;
      case "gpu":
        return 2;
      case "cpu_pinned":
        return 3;
      case "cpu_shared":
        return 5;
      default:
        throw MxkvException.of(
            ErrorKind.INVALID_ARGUMENT,
            "device type: expected cpu, gpu, cpu_pinned or cpu_shared, got '" + deviceType + "'");
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Context
        && deviceId == ((Context) other).deviceId
        && deviceType.equals(((Context) other).deviceType);
  }

  @Override
  public int hashCode() {
    return Objects.hash(deviceType, deviceId);
  }

  /** The text form used in operator parameters, for example {@code cpu(0)}. */
  @Override
  public String toString() {
    return deviceType + "(" + deviceId + ")";
  }
}
