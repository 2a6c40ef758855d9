#include "textflag.h"

// The twins of the loops in element.go, 8 elements at a time: the same operations in the same
// order, none fused. n is a multiple of 8 and above 0. In this syntax the destination is last and
// the first source second to last: VSUBPS b, a, d is d = a - b. VMINPS and VMAXPS give the value
// written first here where an operand is NaN, so x stands first.

// func addAVX2(dst, src *float32, n int)
TEXT ·addAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	SHLQ $2, CX
	XORQ AX, AX
addLoop:
	VMOVUPS (DI)(AX*1), Y0
	VADDPS  (SI)(AX*1), Y0, Y0
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     addLoop
	VZEROUPPER
	RET

// func biasReLUAVX2(y, bias *float32, n int)
TEXT ·biasReLUAVX2(SB), NOSPLIT, $0-24
	MOVQ   y+0(FP), DI
	MOVQ   bias+8(FP), SI
	MOVQ   n+16(FP), CX
	SHLQ   $2, CX
	XORQ   AX, AX
	VXORPS Y1, Y1, Y1
reluLoop:
	VMOVUPS (DI)(AX*1), Y0
	VADDPS  (SI)(AX*1), Y0, Y0
	VMAXPS  Y0, Y1, Y0
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     reluLoop
	VZEROUPPER
	RET

// func reluBackwardAVX2(delta, out *float32, n int)
TEXT ·reluBackwardAVX2(SB), NOSPLIT, $0-24
	MOVQ   delta+0(FP), DI
	MOVQ   out+8(FP), SI
	MOVQ   n+16(FP), CX
	SHLQ   $2, CX
	XORQ   AX, AX
	VXORPS Y1, Y1, Y1
reluBackLoop:
	VCMPPS  $1, (SI)(AX*1), Y1, Y0 // 0 < out, false for NaN
	VANDPS  (DI)(AX*1), Y0, Y0
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     reluBackLoop
	VZEROUPPER
	RET

// TANH: Y0 = tanh(Y0), with ·tanhTable at DX, its clamps in Y14 and Y15, α's and β's first numbers
// in Y12 and Y13. Uses Y1 to Y4.
#define HORNER(offset, sum) \
	VMULPS       Y1, sum, sum    \
	VBROADCASTSS offset(DX), Y4  \
	VADDPS       Y4, sum, sum

#define TANH \
	VMINPS  Y0, Y14, Y0 \
	VMAXPS  Y0, Y15, Y0 \
	VMULPS  Y0, Y0, Y1  \
	VMOVAPS Y12, Y2     \
	HORNER(12, Y2)      \
	HORNER(16, Y2)      \
	HORNER(20, Y2)      \
	HORNER(24, Y2)      \
	HORNER(28, Y2)      \
	HORNER(32, Y2)      \
	VMOVAPS Y13, Y3     \
	HORNER(40, Y3)      \
	HORNER(44, Y3)      \
	HORNER(48, Y3)      \
	VMULPS  Y0, Y2, Y2  \
	VDIVPS  Y3, Y2, Y0

// func biasTanhAVX2(y, bias *float32, n int)
TEXT ·biasTanhAVX2(SB), NOSPLIT, $0-24
	MOVQ         y+0(FP), DI
	MOVQ         bias+8(FP), SI
	MOVQ         n+16(FP), CX
	SHLQ         $2, CX
	XORQ         AX, AX
	LEAQ         ·tanhTable(SB), DX
	VBROADCASTSS 0(DX), Y14
	VBROADCASTSS 4(DX), Y15
	VBROADCASTSS 8(DX), Y12
	VBROADCASTSS 36(DX), Y13
tanhLoop:
	VMOVUPS (DI)(AX*1), Y0
	VADDPS  (SI)(AX*1), Y0, Y0
	TANH
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     tanhLoop
	VZEROUPPER
	RET

// func tanhBackwardAVX2(delta, out *float32, n int)
TEXT ·tanhBackwardAVX2(SB), NOSPLIT, $0-24
	MOVQ         delta+0(FP), DI
	MOVQ         out+8(FP), SI
	MOVQ         n+16(FP), CX
	SHLQ         $2, CX
	XORQ         AX, AX
	LEAQ         ·tanhTable(SB), DX
	VBROADCASTSS 52(DX), Y3
tanhBackLoop:
	VMOVUPS (SI)(AX*1), Y0
	VMULPS  Y0, Y0, Y0
	VSUBPS  Y0, Y3, Y0
	VMULPS  (DI)(AX*1), Y0, Y0
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     tanhBackLoop
	VZEROUPPER
	RET

// func tanhForwardAVX2(tangent, bias, out *float32, n int)
TEXT ·tanhForwardAVX2(SB), NOSPLIT, $0-32
	MOVQ         tangent+0(FP), DI
	MOVQ         bias+8(FP), SI
	MOVQ         out+16(FP), BX
	MOVQ         n+24(FP), CX
	SHLQ         $2, CX
	XORQ         AX, AX
	LEAQ         ·tanhTable(SB), DX
	VBROADCASTSS 52(DX), Y3
tanhForwardLoop:
	VMOVUPS (BX)(AX*1), Y0
	VMULPS  Y0, Y0, Y0
	VSUBPS  Y0, Y3, Y0
	VMOVUPS (DI)(AX*1), Y1
	VADDPS  (SI)(AX*1), Y1, Y1
	VMULPS  Y0, Y1, Y1
	VMOVUPS Y1, (DI)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     tanhForwardLoop
	VZEROUPPER
	RET

// func normaliseAVX2(dst, x, shift, scale *float32, n int)
TEXT ·normaliseAVX2(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ shift+16(FP), BX
	MOVQ scale+24(FP), DX
	MOVQ n+32(FP), CX
	SHLQ $2, CX
	XORQ AX, AX
normaliseLoop:
	VMOVUPS (SI)(AX*1), Y0
	VSUBPS  (BX)(AX*1), Y0, Y0
	VDIVPS  (DX)(AX*1), Y0, Y0
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     normaliseLoop
	VZEROUPPER
	RET

// func adamAVX2(w, d, h, m, v *float32, n int, s *adamStep)
TEXT ·adamAVX2(SB), NOSPLIT, $0-56
	MOVQ         w+0(FP), DI
	MOVQ         d+8(FP), SI
	MOVQ         h+16(FP), R10
	MOVQ         m+24(FP), R8
	MOVQ         v+32(FP), R9
	MOVQ         n+40(FP), CX
	MOVQ         s+48(FP), DX
	SHLQ         $2, CX
	XORQ         AX, AX
	VBROADCASTSS 0(DX), Y8   // β₁
	VBROADCASTSS 4(DX), Y9   // 1-β₁
	VBROADCASTSS 8(DX), Y10  // β₂
	VBROADCASTSS 12(DX), Y11 // 1-β₂
	VBROADCASTSS 16(DX), Y12 // rate
	VBROADCASTSS 20(DX), Y13 // root
	VBROADCASTSS 24(DX), Y14 // ε
	VBROADCASTSS 28(DX), Y15 // decay
adamLoop:
	VMOVUPS (DI)(AX*1), Y0
	VMULPS  Y0, Y15, Y1
	VMOVUPS (SI)(AX*1), Y2
	VADDPS  (R10)(AX*1), Y2, Y2
	VADDPS  Y1, Y2, Y1          // d
	VMULPS  (R8)(AX*1), Y8, Y2
	VMULPS  Y1, Y9, Y3
	VADDPS  Y3, Y2, Y2          // m
	VMOVUPS Y2, (R8)(AX*1)
	VMULPS  Y1, Y1, Y1
	VMULPS  Y1, Y11, Y1
	VMULPS  (R9)(AX*1), Y10, Y3
	VADDPS  Y1, Y3, Y3          // v
	VMOVUPS Y3, (R9)(AX*1)
	VSQRTPS Y3, Y3
	VMULPS  Y13, Y3, Y3
	VADDPS  Y14, Y3, Y3
	VMULPS  Y2, Y12, Y2
	VDIVPS  Y3, Y2, Y2
	VSUBPS  Y2, Y0, Y0
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     adamLoop
	VZEROUPPER
	RET
