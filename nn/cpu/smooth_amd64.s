#include "textflag.h"

// The twins of the sums in smooth_loops.go, 8 elements at a time: the same operations in the same order, none fused. n is a
// multiple of 8 and above 0. In this syntax the destination is last and the first source second to last: VSUBPS b, a, d is
// d = a - b.

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
