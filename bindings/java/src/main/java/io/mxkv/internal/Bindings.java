package io.mxkv.internal;

import com.sun.jna.Callback;
import com.sun.jna.Native;

/** Generated from the headers in include by GenerateBindings; do not edit. */
public final class Bindings {
  static {
    Native.register(Bindings.class, Loader.library());
  }

  private Bindings() {}

  /** A function that the native library calls. */
  @FunctionalInterface
  public interface MXKVStoreUpdater extends Callback {
    void invoke(int key, long recv, long local, long handle);
  }

  /** A function that the native library calls. */
  @FunctionalInterface
  public interface MXKVStoreStrUpdater extends Callback {
    void invoke(String key, long recv, long local, long handle);
  }

  /** A function that the native library calls. */
  @FunctionalInterface
  public interface MXKVStoreServerController extends Callback {
    void invoke(int head, String body, long controllerHandle);
  }

  public static native String MXGetLastError();

  public static native int MXRandomSeed(int seed);

  public static native int MXInitPSEnv(int numVars, long keys, long vals);

  public static native int MXListAllOpNames(int[] outSize, long[] outArray);

  public static native int NNGetOpHandle(String opName, long[] opOut);

  public static native int MXSymbolGetAtomicSymbolInfo(
      long creator,
      long[] name,
      long[] description,
      int[] numArgs,
      long[] argNames,
      long[] argTypeInfos,
      long[] argDescriptions,
      long[] keyVarNumArgs,
      long[] returnType);

  public static native int MXImperativeInvokeEx(
      long creator,
      int numInputs,
      long[] inputs,
      int[] numOutputs,
      long[] outputs,
      int numParams,
      long paramKeys,
      long paramVals,
      long[] outStypes);

  public static native int MXNDArrayCreateEx64(
      long[] shape,
      int ndim,
      int devType,
      int devId,
      int delayAlloc,
      int dtype,
      long[] out);

  public static native int MXNDArrayCreateSparseEx64(
      int storageType,
      long[] shape,
      int ndim,
      int devType,
      int devId,
      int delayAlloc,
      int dtype,
      int numAux,
      int[] auxType,
      int[] auxNdims,
      long[] auxShape,
      long[] out);

  public static native int MXNDArrayFree(long handle);

  public static native int MXNDArraySave(String fname, int numArgs, long[] args, long keys);

  public static native int MXNDArrayLoad(
      String fname,
      int[] outSize,
      long[] outArr,
      int[] outNameSize,
      long[] outNames);

  public static native int MXNDArraySaveRawBytes(long handle, long[] outSize, long[] outBuf);

  public static native int MXNDArrayLoadFromRawBytes(long buf, long size, long[] out);

  public static native int MXNDArraySyncCopyFromCPU(long handle, long data, long size);

  public static native int MXNDArraySyncCopyToCPU(long handle, long data, long size);

  public static native int MXNDArraySyncCopyFromNDArray(long handleDst, long handleSrc, int i);

  public static native int MXNDArraySyncCheckFormat(long handle, byte fullCheck);

  public static native int MXNDArrayWaitToRead(long handle);

  public static native int MXNDArrayWaitToWrite(long handle);

  public static native int MXNDArrayWaitAll();

  public static native int MXNDArraySlice64(long handle, long sliceBegin, long sliceEnd, long[] out);

  public static native int MXNDArrayAt64(long handle, long idx, long[] out);

  public static native int MXNDArrayReshape64(long handle, int ndim, long[] dims, byte reverse, long[] out);

  public static native int MXNDArrayGetStorageType(long handle, int[] outStorageType);

  public static native int MXNDArrayGetShapeEx64(long handle, int[] outDim, long[] outPdata);

  public static native int MXNDArrayGetData(long handle, long[] outPdata);

  public static native int MXNDArrayGetDType(long handle, int[] outDtype);

  public static native int MXNDArrayGetContext(long handle, int[] outDevType, int[] outDevId);

  public static native int MXNDArrayGetAuxNDArray(long handle, int i, long[] out);

  public static native int MXNDArrayGetDataNDArray(long handle, long[] out);

  public static native int MXKVStoreCreate(String type, long[] out);

  public static native int MXKVStoreFree(long handle);

  public static native int MXKVStoreGetType(long handle, long[] type);

  public static native int MXKVStoreGetRank(long handle, int[] ret);

  public static native int MXKVStoreGetGroupSize(long handle, int[] ret);

  public static native int MXKVStoreInitEx(long handle, int num, long keys, long[] vals);

  public static native int MXKVStorePushEx(long handle, int num, long keys, long[] vals, int priority);

  public static native int MXKVStorePullEx(long handle, int num, long keys, long[] vals, int priority);

  public static native int MXKVStorePullWithSparseEx(
      long handle,
      int num,
      long keys,
      long[] vals,
      int priority,
      byte ignoreSparse);

  public static native int MXKVStorePullRowSparseEx(
      long handle,
      int num,
      long keys,
      long[] vals,
      long[] rowIds,
      int priority);

  public static native int MXKVStoreBroadcastEx(
      long handle,
      int vnum,
      long vkeys,
      int onum,
      long okeys,
      long[] vals,
      long[] outs,
      int priority);

  public static native int MXKVStorePushPullEx(
      long handle,
      int vnum,
      long vkeys,
      int onum,
      long okeys,
      long[] vals,
      long[] outs,
      int priority);

  public static native int MXKVStoreSetUpdaterEx(
      long handle,
      MXKVStoreUpdater updater,
      MXKVStoreStrUpdater strUpdater,
      long updaterHandle);

  public static native int MXKVStoreSetGradientCompression(long handle, int numParams, long keys, long vals);

  public static native int MXKVStoreBarrier(long handle);

  public static native int MXKVStoreSetBarrierBeforeExit(long handle, int barrierBeforeExit);

  public static native int MXKVStoreSendCommmandToServers(long handle, int cmdId, String cmdBody);

  public static native int MXKVStoreGetNumDeadNode(long handle, int nodeId, int[] number, int timeoutSec);

  public static native int MXKVStoreIsWorkerNode(int[] ret);

  public static native int MXKVStoreIsServerNode(int[] ret);

  public static native int MXKVStoreIsSchedulerNode(int[] ret);

  public static native int MXKVStoreRunServer(long handle, MXKVStoreServerController controller, long controllerHandle);
}
