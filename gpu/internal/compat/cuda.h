/* This cuda.h comes before the toolkit's. In CUDA 13 some functions that gorgonia.org/cu v0.9.6 calls have new
   arguments. The driver keeps the old entry points, so this file restores their old declarations. */
#ifndef PALMAL_COMPAT_CUDA_H
#define PALMAL_COMPAT_CUDA_H
#include_next <cuda.h>
#if CUDA_VERSION >= 13000
#ifdef __cplusplus
extern "C" {
#endif
#undef cuCtxCreate
#define cuCtxCreate cuCtxCreate_v2
CUresult CUDAAPI cuCtxCreate_v2(CUcontext *, unsigned int flags, CUdevice);
#undef cuMemAdvise
CUresult CUDAAPI cuMemAdvise(CUdeviceptr, size_t, CUmem_advise, CUdevice);
#undef cuMemPrefetchAsync
CUresult CUDAAPI cuMemPrefetchAsync(CUdeviceptr, size_t, CUdevice, CUstream);
#undef cuGraphAddDependencies
CUresult CUDAAPI cuGraphAddDependencies(CUgraph, const CUgraphNode *from, const CUgraphNode *to, size_t);
#undef cuGraphGetEdges
CUresult CUDAAPI cuGraphGetEdges(CUgraph, CUgraphNode *from, CUgraphNode *to, size_t *);
/* Package driver calls both versions: this one returns the UUID of a MIG device's GPU. */
#undef cuDeviceGetUuid
CUresult CUDAAPI cuDeviceGetUuid(CUuuid *, CUdevice);
#ifdef __cplusplus
}
#endif
#endif
#endif
