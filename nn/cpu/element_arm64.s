#include "textflag.h"

// The twins of the loops in element.go, 4 elements at a time: the same operations in the same order, none
// fused. n is a multiple of 4 and above 0. Go's assembler has no names for these instructions of NEON, so
// the macros write their words; the registers are numbers, the destination is last, and the operation is
// first OP second. Source: Arm Architecture Reference Manual, A64 Advanced SIMD.
#define ADD4(n, m, d) WORD $(0x4E20D400 | (m)<<16 | (n)<<5 | (d))
#define SUB4(n, m, d) WORD $(0x4EA0D400 | (m)<<16 | (n)<<5 | (d))
#define MUL4(n, m, d) WORD $(0x6E20DC00 | (m)<<16 | (n)<<5 | (d))
#define DIV4(n, m, d) WORD $(0x6E20FC00 | (m)<<16 | (n)<<5 | (d))
#define MIN4(n, m, d) WORD $(0x4EA0F400 | (m)<<16 | (n)<<5 | (d)) // NaN if one is
#define MAX4(n, m, d) WORD $(0x4E20F400 | (m)<<16 | (n)<<5 | (d)) // NaN if one is
#define SQRT4(n, d)   WORD $(0x6EA1F800 | (n)<<5 | (d))
#define BELOW0(n, d)  WORD $(0x4EA0E800 | (n)<<5 | (d))           // mask of n < 0, false for NaN
#define ABOVE0(n, d)  WORD $(0x4EA0C800 | (n)<<5 | (d))           // mask of n > 0, false for NaN
#define ANDNOT(n, m, d) WORD $(0x4E601C00 | (m)<<16 | (n)<<5 | (d))

// func addVector(dst, src *float32, n int)
TEXT ·addVector(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R2
addLoop:
	VLD1   (R0), [V0.S4]
	VLD1.P 16(R1), [V1.S4]
	ADD4(0, 1, 0)
	VST1.P [V0.S4], 16(R0)
	SUBS   $4, R2, R2
	BGT    addLoop
	RET

// func biasReLUVector(y, bias *float32, n int)
TEXT ·biasReLUVector(SB), NOSPLIT, $0-24
	MOVD y+0(FP), R0
	MOVD bias+8(FP), R1
	MOVD n+16(FP), R2
reluLoop:
	VLD1   (R0), [V0.S4]
	VLD1.P 16(R1), [V1.S4]
	ADD4(0, 1, 0)
	BELOW0(0, 1)
	ANDNOT(0, 1, 0) // FMAX would make +0 of -0
	VST1.P [V0.S4], 16(R0)
	SUBS   $4, R2, R2
	BGT    reluLoop
	RET

// func reluBackwardVector(delta, out *float32, n int)
TEXT ·reluBackwardVector(SB), NOSPLIT, $0-24
	MOVD delta+0(FP), R0
	MOVD out+8(FP), R1
	MOVD n+16(FP), R2
reluBackLoop:
	VLD1.P 16(R1), [V1.S4]
	VLD1   (R0), [V0.S4]
	ABOVE0(1, 1)
	VAND   V0.B16, V1.B16, V0.B16
	VST1.P [V0.S4], 16(R0)
	SUBS   $4, R2, R2
	BGT    reluBackLoop
	RET

// TANH: V0 = tanh(V0), with the numbers of ·tanhTable in V16 to V29. Uses V1 to V3.
#define HORNER(c, sum) \
	MUL4(1, sum, sum); \
	ADD4(sum, c, sum)

#define TANH \
	MIN4(0, 16, 0);               \
	MAX4(0, 17, 0);               \
	MUL4(0, 0, 1);                \
	VMOV V18.B16, V2.B16;         \
	HORNER(19, 2);                \
	HORNER(20, 2);                \
	HORNER(21, 2);                \
	HORNER(22, 2);                \
	HORNER(23, 2);                \
	HORNER(24, 2);                \
	VMOV V25.B16, V3.B16;         \
	HORNER(26, 3);                \
	HORNER(27, 3);                \
	HORNER(28, 3);                \
	MUL4(2, 0, 2);                \
	DIV4(2, 3, 0)

// func biasTanhVector(y, bias *float32, n int)
TEXT ·biasTanhVector(SB), NOSPLIT, $0-24
	MOVD    y+0(FP), R0
	MOVD    bias+8(FP), R1
	MOVD    n+16(FP), R2
	MOVD    $·tanhTable(SB), R3
	VLD1R.P 4(R3), [V16.S4]
	VLD1R.P 4(R3), [V17.S4]
	VLD1R.P 4(R3), [V18.S4]
	VLD1R.P 4(R3), [V19.S4]
	VLD1R.P 4(R3), [V20.S4]
	VLD1R.P 4(R3), [V21.S4]
	VLD1R.P 4(R3), [V22.S4]
	VLD1R.P 4(R3), [V23.S4]
	VLD1R.P 4(R3), [V24.S4]
	VLD1R.P 4(R3), [V25.S4]
	VLD1R.P 4(R3), [V26.S4]
	VLD1R.P 4(R3), [V27.S4]
	VLD1R.P 4(R3), [V28.S4]
tanhLoop:
	VLD1   (R0), [V0.S4]
	VLD1.P 16(R1), [V1.S4]
	ADD4(0, 1, 0)
	TANH
	VST1.P [V0.S4], 16(R0)
	SUBS   $4, R2, R2
	BGT    tanhLoop
	RET

// func tanhBackwardVector(delta, out *float32, n int)
TEXT ·tanhBackwardVector(SB), NOSPLIT, $0-24
	MOVD  delta+0(FP), R0
	MOVD  out+8(FP), R1
	MOVD  n+16(FP), R2
	FMOVS $1.0, F3
	VDUP  V3.S[0], V3.S4
tanhBackLoop:
	VLD1.P 16(R1), [V1.S4]
	VLD1   (R0), [V0.S4]
	MUL4(1, 1, 1)
	SUB4(3, 1, 1)
	MUL4(0, 1, 0)
	VST1.P [V0.S4], 16(R0)
	SUBS   $4, R2, R2
	BGT    tanhBackLoop
	RET

// func tanhForwardVector(tangent, bias, out *float32, n int)
TEXT ·tanhForwardVector(SB), NOSPLIT, $0-32
	MOVD  tangent+0(FP), R0
	MOVD  bias+8(FP), R1
	MOVD  out+16(FP), R4
	MOVD  n+24(FP), R2
	FMOVS $1.0, F3
	VDUP  V3.S[0], V3.S4
tanhForwardLoop:
	VLD1.P 16(R4), [V2.S4]
	VLD1.P 16(R1), [V1.S4]
	VLD1   (R0), [V0.S4]
	MUL4(2, 2, 2)
	SUB4(3, 2, 2)
	ADD4(0, 1, 0)
	MUL4(0, 2, 0)
	VST1.P [V0.S4], 16(R0)
	SUBS   $4, R2, R2
	BGT    tanhForwardLoop
	RET

// func normaliseVector(dst, x, shift, scale *float32, n int)
TEXT ·normaliseVector(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD shift+16(FP), R3
	MOVD scale+24(FP), R4
	MOVD n+32(FP), R2
normaliseLoop:
	VLD1.P 16(R1), [V0.S4]
	VLD1.P 16(R3), [V1.S4]
	VLD1.P 16(R4), [V2.S4]
	SUB4(0, 1, 0)
	DIV4(0, 2, 0)
	VST1.P [V0.S4], 16(R0)
	SUBS   $4, R2, R2
	BGT    normaliseLoop
	RET

// func adamVector(w, d, h, m, v *float32, n int, s *adamStep)
TEXT ·adamVector(SB), NOSPLIT, $0-56
	MOVD    w+0(FP), R0
	MOVD    d+8(FP), R1
	MOVD    h+16(FP), R3
	MOVD    m+24(FP), R4
	MOVD    v+32(FP), R5
	MOVD    n+40(FP), R2
	MOVD    s+48(FP), R6
	VLD1R.P 4(R6), [V16.S4] // β₁
	VLD1R.P 4(R6), [V17.S4] // 1-β₁
	VLD1R.P 4(R6), [V18.S4] // β₂
	VLD1R.P 4(R6), [V19.S4] // 1-β₂
	VLD1R.P 4(R6), [V20.S4] // rate
	VLD1R.P 4(R6), [V21.S4] // root
	VLD1R.P 4(R6), [V22.S4] // ε
	VLD1R.P 4(R6), [V23.S4] // decay
adamLoop:
	VLD1   (R0), [V0.S4]
	VLD1.P 16(R1), [V1.S4]
	VLD1.P 16(R3), [V2.S4]
	ADD4(1, 2, 1)
	MUL4(23, 0, 2)
	ADD4(1, 2, 1)           // d
	VLD1   (R4), [V2.S4]
	MUL4(16, 2, 2)
	MUL4(17, 1, 3)
	ADD4(2, 3, 2)           // m
	VST1.P [V2.S4], 16(R4)
	VLD1   (R5), [V3.S4]
	MUL4(18, 3, 3)
	MUL4(1, 1, 1)
	MUL4(19, 1, 1)
	ADD4(3, 1, 3)           // v
	VST1.P [V3.S4], 16(R5)
	SQRT4(3, 3)
	MUL4(3, 21, 3)
	ADD4(3, 22, 3)
	MUL4(20, 2, 2)
	DIV4(2, 3, 2)
	SUB4(0, 2, 0)
	VST1.P [V0.S4], 16(R0)
	SUBS   $4, R2, R2
	BGT    adamLoop
	RET
