#include "textflag.h"

// The twins of the loops in smooth_loops.go, 8 elements at a time: the same operations in the same order, none fused. n is a
// multiple of 8 and above 0. In this syntax the destination is last and the first source second to last: VSUBPS b, a, d is
// d = a - b. VMINPS and VMAXPS give the value written first here where an operand is NaN, so x stands first.

DATA half<>+0(SB)/4, $0.5
GLOBL half<>(SB), RODATA|NOPTR, $4

// SUM is a step of a polynomial in Y1, whose coefficient lies at an offset in ·tanhTable.
#define SUM(offset, sum) VMULPS Y1, sum, sum; VBROADCASTSS offset(DX), Y4; VADDPS Y4, sum, sum

// func biasSiLUAVX2(y, slope, bias *float32, n int, keep float32)
TEXT ·biasSiLUAVX2(SB), NOSPLIT, $0-36
	MOVQ         y+0(FP), DI
	MOVQ         slope+8(FP), R8
	MOVQ         bias+16(FP), SI
	MOVQ         n+24(FP), CX
	VBROADCASTSS keep+32(FP), Y9
	SHLQ         $2, CX
	XORQ         AX, AX
	LEAQ         ·tanhTable(SB), DX
	VBROADCASTSS 0(DX), Y14
	VBROADCASTSS 4(DX), Y15
	VBROADCASTSS 8(DX), Y12
	VBROADCASTSS 36(DX), Y13
	VBROADCASTSS 52(DX), Y10           // 1
	VBROADCASTSS half<>(SB), Y11
siluLoop:
	VMOVUPS (DI)(AX*1), Y5
	VADDPS  (SI)(AX*1), Y5, Y5
	VMULPS  Y9, Y5, Y5                 // x
	VMULPS  Y11, Y5, Y0
	VMINPS  Y0, Y14, Y0
	VMAXPS  Y0, Y15, Y0
	VMULPS  Y0, Y0, Y1
	VMOVAPS Y12, Y2
	SUM(12, Y2)
	SUM(16, Y2)
	SUM(20, Y2)
	SUM(24, Y2)
	SUM(28, Y2)
	SUM(32, Y2)
	VMOVAPS Y13, Y3
	SUM(40, Y3)
	SUM(44, Y3)
	SUM(48, Y3)
	VMULPS  Y0, Y2, Y2
	VDIVPS  Y3, Y2, Y0                 // tanh(x/2)
	VMULPS  Y11, Y0, Y0
	VADDPS  Y11, Y0, Y0                // s
	VMULPS  Y0, Y5, Y5                 // h = x·s
	VMOVUPS Y5, (DI)(AX*1)
	VSUBPS  Y0, Y10, Y1
	VMULPS  Y1, Y5, Y5
	VADDPS  Y5, Y0, Y0
	VMULPS  Y9, Y0, Y0
	VMOVUPS Y0, (R8)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     siluLoop
	VZEROUPPER
	RET

// func multiplyAVX2(y, x *float32, n int)
TEXT ·multiplyAVX2(SB), NOSPLIT, $0-24
	MOVQ y+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	SHLQ $2, CX
	XORQ AX, AX
multiplyLoop:
	VMOVUPS (DI)(AX*1), Y0
	VMULPS  (SI)(AX*1), Y0, Y0
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     multiplyLoop
	VZEROUPPER
	RET

// func addSumsAVX2(s *sums, y *float32, n int)
TEXT ·addSumsAVX2(SB), NOSPLIT, $0-24
	MOVQ    s+0(FP), DI
	MOVQ    y+8(FP), SI
	MOVQ    n+16(FP), CX
	SHLQ    $2, CX
	XORQ    AX, AX
	VMOVUPS (DI), Y0
addSumsLoop:
	VADDPS  (SI)(AX*1), Y0, Y0
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     addSumsLoop
	VMOVUPS Y0, (DI)
	VZEROUPPER
	RET

// func centreAVX2(s *sums, y *float32, n int, mean float32)
TEXT ·centreAVX2(SB), NOSPLIT, $0-28
	MOVQ         s+0(FP), DI
	MOVQ         y+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS mean+24(FP), Y2
	SHLQ         $2, CX
	XORQ         AX, AX
	VMOVUPS      (DI), Y0
centreLoop:
	VMOVUPS (SI)(AX*1), Y1
	VSUBPS  Y2, Y1, Y1
	VMOVUPS Y1, (SI)(AX*1)
	VMULPS  Y1, Y1, Y1
	VADDPS  Y1, Y0, Y0
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     centreLoop
	VMOVUPS Y0, (DI)
	VZEROUPPER
	RET

// func dotsAVX2(s *sums, y, x *float32, n int)
TEXT ·dotsAVX2(SB), NOSPLIT, $0-32
	MOVQ    s+0(FP), DI
	MOVQ    y+8(FP), SI
	MOVQ    x+16(FP), BX
	MOVQ    n+24(FP), CX
	SHLQ    $2, CX
	XORQ    AX, AX
	VMOVUPS (DI), Y0
dotsLoop:
	VMOVUPS (SI)(AX*1), Y1
	VMULPS  (BX)(AX*1), Y1, Y1
	VADDPS  Y1, Y0, Y0
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     dotsLoop
	VMOVUPS Y0, (DI)
	VZEROUPPER
	RET

// func scaleAVX2(y *float32, n int, factor float32)
TEXT ·scaleAVX2(SB), NOSPLIT, $0-20
	MOVQ         y+0(FP), DI
	MOVQ         n+8(FP), CX
	VBROADCASTSS factor+16(FP), Y1
	SHLQ         $2, CX
	XORQ         AX, AX
scaleLoop:
	VMULPS  (DI)(AX*1), Y1, Y0
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     scaleLoop
	VZEROUPPER
	RET

// func projectAVX2(y, x *float32, n int, mean, along, factor float32)
TEXT ·projectAVX2(SB), NOSPLIT, $0-36
	MOVQ         y+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS mean+24(FP), Y2
	VBROADCASTSS along+28(FP), Y3
	VBROADCASTSS factor+32(FP), Y4
	SHLQ         $2, CX
	XORQ         AX, AX
projectLoop:
	VMOVUPS (DI)(AX*1), Y0
	VSUBPS  Y2, Y0, Y0
	VMULPS  (SI)(AX*1), Y3, Y1
	VSUBPS  Y1, Y0, Y0
	VMULPS  Y4, Y0, Y0
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     projectLoop
	VZEROUPPER
	RET
