#include "check.h"

static NDArrayHandle array_of(float value) {
  NDArrayHandle array;
  uint32_t shape[] = {2};
  float values[] = {value, value};
  OK(MXNDArrayCreateEx(shape, 1, 1, 0, 0, 0, &array));
  OK(MXNDArraySyncCopyFromCPU(array, values, 2));
  return array;
}

TEST(gradient_buffers_are_shared) {
  NDArrayHandle variable = array_of(1), buffer = array_of(0), gradient = NULL;
  uint32_t request = 1;
  float values[] = {3, 4}, got[2];
  int fresh = 7;
  OK(MXNDArrayGetGrad(variable, &gradient));
  CHECK(gradient == NULL, "a gradient before marking");
  OK(MXNDArrayGetGradState(variable, &fresh));
  EQUALS(fresh, 0);
  OK(MXAutogradMarkVariables(1, &variable, &request, &buffer));
  OK(MXNDArrayGetGrad(variable, &gradient));
  OK(MXNDArraySyncCopyFromCPU(gradient, values, 2));
  OK(MXNDArraySyncCopyToCPU(buffer, got, 2));
  CHECK(got[0] == 3 && got[1] == 4, "%g %g", got[0], got[1]);
  OK(MXNDArraySetGradState(variable, 1));
  OK(MXNDArrayGetGradState(variable, &fresh));
  EQUALS(fresh, 1);
  OK(MXNDArrayFree(gradient));
  OK(MXNDArrayFree(buffer));
  OK(MXNDArrayFree(variable));
}

TEST(without_a_graph_backward_fails) {
  NDArrayHandle array = array_of(1), none = NULL;
  CHECK(MXAutogradBackward(1, &array, &none, 0) == -1, "a backward pass without a graph");
  CHECK(strstr(MXGetLastError(), "MXNetError: ") == MXGetLastError(), "%s", MXGetLastError());
  CHECK(strstr(MXGetLastError(), "not in a computational graph") != NULL, "%s", MXGetLastError());
  CHECK(MXNDArraySetGradState(array, 1) == -1, "a state without marking");
  CHECK(strstr(MXGetLastError(), "has not been marked as a variable") != NULL, "%s", MXGetLastError());
  OK(MXNDArrayFree(array));
}

#ifndef REAL_MXNET
TEST(misuse) {
  NDArrayHandle arrays[] = {array_of(1), NULL}, buffers[] = {array_of(0), array_of(0)}, gradient;
  uint32_t requests[] = {1, 9};
  FAILS(MXAutogradMarkVariables(2, arrays, requests, buffers), "var_handles[1]");
  OK(MXNDArrayGetGrad(arrays[0], &gradient));
  CHECK(gradient == NULL, "half of the call was done");
  arrays[1] = arrays[0];
  FAILS(MXAutogradMarkVariables(2, arrays, requests, buffers), "reqs_array[1]");
  FAILS(MXAutogradMarkVariables(1, arrays, requests, NULL), "grad_handles");
  FAILS(MXAutogradMarkVariables(UINT32_MAX, NULL, requests, buffers), "var_handles");
  FAILS(MXAutogradBackward(0, arrays, NULL, 0), "num_output");
  OK(MXNDArrayFree(arrays[0]));
  OK(MXNDArrayFree(buffers[0]));
  OK(MXNDArrayFree(buffers[1]));
  FAILS(MXNDArrayGetGrad(arrays[0], &gradient), "handle: this NDArray handle was freed");
}
#else
TEST(misuse) {}
#endif

TESTS(LISTED(gradient_buffers_are_shared), LISTED(without_a_graph_backward_fails), LISTED(misuse))
