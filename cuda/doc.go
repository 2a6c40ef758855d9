// Package cuda holds the device code: CUDA C++ kernels, one idea a file, and the image that nvcc
// compiles from them. A file here has the basename of its Go caller in gpu and of its twin in nn/cpu:
// ensemble.cu, gpu/ensemble.go, nn/cpu/ensemble.go.
//
// # Rules for kernels
//
// The same sources run on a GPU and, compiled by g++, on the emulator in cuda/emu. That needs:
//
//   - A .cu file includes device.cuh and other .cuh files of this folder, nothing else. No inline
//     PTX, no cooperative_groups, textures, __constant__ or static __shared__ variables.
//   - A kernel is written extern "C" __global__ void [__launch_bounds__(n)] name(...), named
//     noun_verb. The generator reads this signature and writes the Go call launchNounVerb, so that
//     a missing or swapped argument does not compile. Run go generate ./gpu after a change.
//   - Every argument takes 8 bytes: a pointer, int64_t, uint64_t or double; or a struct by value
//     whose members are such, which the generator mirrors in Go. Arguments lie in memory as they
//     are written, without padding, so one launch is one copy. Pass a float as double.
//   - Pointers point to arrays of float, double, uint8_t, int32_t, uint32_t, int64_t, uint64_t or a
//     mirrored struct. Pointers to read-only arrays are const.
//   - Shared memory is dynamic and comes from DYNAMIC_SHARED(T, name), once per kernel. More than
//     48 KB needs no extra code: the launch opts in.
//   - Warp collectives are called by all 32 lanes, with the mask FULL_WARP; __syncthreads by all
//     threads of the block. Blocks are whole warps.
//   - Votes and shuffles order no memory. Where a lane writes what another has read, or reads what another wrote,
//     a __syncwarp lies between, in addition to any collective. The emulator that looks for races finds missing ones.
//   - Sums have a fixed order. No floating-point atomics (the emulator does not compile
//     them); integer atomics only where their result does not depend on the order.
//   - Blocks wait for each other only in group_barrier, in a cooperative launch; data that crosses
//     blocks within a launch is read by load_fresh. Nothing else spins.
//   - Write fmaf for a fused multiply-add. The emulator never contracts a*b+c; nvcc does, in some kernels and not
//     in others: compare results with bounds, not bits.
//   - A thread moves its four neighbours at once, by quad.cuh, where their address is a multiple of 16 bytes. An
//     access that is not aligned to its type ends the launch, on a GPU and in the emulator.
//   - Indices of an element within a block's work are int: a division of int64_t takes some hundred cycles.
//     Offsets into arrays over all rows, paths or members are int64_t.
//   - Grids are sized by the problem or, where results do not depend on it, by the number of multiprocessors that the
//     device reports (the emulator: 4). Where blocks leave partial sums, the number of blocks must not depend on the
//     device: mostPartials in gpu/network.go.
//   - A number that host and device share is a #define of a whole number; the generator declares NAME as
//     deviceName in Go.
//   - Every barrier has a test that fails without it (cuda/emu/mutate.sh). Where no test can, the line of the
//     barrier says why: // unseen: reason.
//
// # Comments
//
// The first comment of a kernel says what it computes, the shapes, its Go caller and CPU twin, the
// order in which it sums, and the source.
//
// # Building
//
// make kernels compiles all .cu files into build/kernels.fatbin for the targets that build.sh chooses by the version
// of nvcc, and fails on register spills that spills.txt does not explain. With the tag cuda, [Image] is that file.
package cuda
