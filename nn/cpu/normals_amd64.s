#include "textflag.h"

// Normal numbers eight lanes at a time: Philox 4x32-10 and the method of Box and Muller, as in nn/philox.go, in float64 until the last
// rounding. Series take the place of the functions of package math; their errors are below 1e-13, so that a float32
// differs in its last bit in one case of a million.

// The table holds 1, 2⁻²⁴, 2⁻²², -2, ln 2, π/2, the integers 1 and 2, 2, then the coefficients of the series of 2·atanh, sin and cos.
DATA normalTable<>+0(SB)/8, $0x3ff0000000000000 // one
DATA normalTable<>+8(SB)/8, $0x3e70000000000000 // unit
DATA normalTable<>+16(SB)/8, $0x3e90000000000000 // quarter
DATA normalTable<>+24(SB)/8, $0xc000000000000000 // minusTwo
DATA normalTable<>+32(SB)/8, $0x3fe62e42fefa39ef // ln2
DATA normalTable<>+40(SB)/8, $0x3ff921fb54442d18 // halfPi
DATA normalTable<>+48(SB)/8, $0x0000000000000001 // int1
DATA normalTable<>+56(SB)/8, $0x0000000000000002 // int2
DATA normalTable<>+64(SB)/8, $0x4000000000000000 // two
DATA normalTable<>+72(SB)/8, $0x3fd5555555555555 // log1
DATA normalTable<>+80(SB)/8, $0x3fc999999999999a // log2
DATA normalTable<>+88(SB)/8, $0x3fc2492492492492 // log3
DATA normalTable<>+96(SB)/8, $0x3fbc71c71c71c71c // log4
DATA normalTable<>+104(SB)/8, $0x3fb745d1745d1746 // log5
DATA normalTable<>+112(SB)/8, $0x3fb3b13b13b13b14 // log6
DATA normalTable<>+120(SB)/8, $0x3fb1111111111111 // log7
DATA normalTable<>+128(SB)/8, $0x3fae1e1e1e1e1e1e // log8
DATA normalTable<>+136(SB)/8, $0xbfc5555555555555 // sin1
DATA normalTable<>+144(SB)/8, $0x3f81111111111111 // sin2
DATA normalTable<>+152(SB)/8, $0xbf2a01a01a01a01a // sin3
DATA normalTable<>+160(SB)/8, $0x3ec71de3a556c734 // sin4
DATA normalTable<>+168(SB)/8, $0xbe5ae64567f544e4 // sin5
DATA normalTable<>+176(SB)/8, $0x3de6124613a86d09 // sin6
DATA normalTable<>+184(SB)/8, $0xbfe0000000000000 // cos1
DATA normalTable<>+192(SB)/8, $0x3fa5555555555555 // cos2
DATA normalTable<>+200(SB)/8, $0xbf56c16c16c16c17 // cos3
DATA normalTable<>+208(SB)/8, $0x3efa01a01a01a01a // cos4
DATA normalTable<>+216(SB)/8, $0xbe927e4fb7789f5c // cos5
DATA normalTable<>+224(SB)/8, $0x3e21eed8eff8d898 // cos6
DATA normalTable<>+232(SB)/8, $0xbda93974a8c07c9d // cos7
GLOBL normalTable<>(SB), RODATA|NOPTR, $240

// WORDS begins Philox: the seed is in AX, the step in BX, the stream in R9, and the distances of the lanes from R8 are in Z0.
#define WORDS LEAQ normalTable<>(SB), DX; VPBROADCASTQ AX, Z4; SHRQ $32, AX; VPBROADCASTQ AX, Z5; \
	VPBROADCASTQ BX, Z1; SHRQ $32, BX; VPBROADCASTQ BX, Z2; VPBROADCASTQ R8, Z3; VPADDQ Z3, Z0, Z0; VPBROADCASTQ R9, Z3; \
	MOVL $0xD2511F53, AX; VPBROADCASTQ AX, Z6; MOVL $0xCD9E8D57, AX; VPBROADCASTQ AX, Z7; \
	MOVL $0x9E3779B9, AX; VPBROADCASTQ AX, Z12; MOVL $0xBB67AE85, AX; VPBROADCASTQ AX, Z13; MOVQ $10, CX

// ROUND is a round of Philox on Z0 to Z3, of which the lower halves count, with the keys in Z4 and Z5.
#define ROUND VPMULUDQ Z0, Z6, Z8; VPMULUDQ Z2, Z7, Z9; VPSRLQ $32, Z8, Z10; VPSRLQ $32, Z9, Z11; \
	VPTERNLOGQ $0x96, Z4, Z11, Z1; VPTERNLOGQ $0x96, Z5, Z10, Z3; VMOVDQA64 Z1, Z0; VMOVDQA64 Z9, Z1; VMOVDQA64 Z3, Z2; VMOVDQA64 Z8, Z3; \
	VPADDD Z12, Z4, Z4; VPADDD Z13, Z5, Z5

// LOG leaves the logarithm of u in Z19, where u is in (0, 1] and made of word a. It needs Z14 to Z18.
#define LOG(a) VPSLLQ $32, a, Z14; VPSRLQ $40, Z14, Z14; VCVTUQQ2PD Z14, Z14; VBROADCASTSD 8(DX), Z15; \
	VFMADD213PD Z15, Z15, Z14; VGETEXPPD Z14, Z16; VGETMANTPD $3, Z14, Z17; VGETEXPPD Z17, Z18; \
	VSUBPD Z18, Z16, Z16; VSUBPD.BCST 0(DX), Z17, Z18; VADDPD.BCST 0(DX), Z17, Z17; VDIVPD Z17, Z18, Z17; \
	VMULPD Z17, Z17, Z18; VBROADCASTSD 128(DX), Z19; VFMADD213PD.BCST 120(DX), Z18, Z19; \
	VFMADD213PD.BCST 112(DX), Z18, Z19; VFMADD213PD.BCST 104(DX), Z18, Z19; VFMADD213PD.BCST 96(DX), Z18, Z19; \
	VFMADD213PD.BCST 88(DX), Z18, Z19; VFMADD213PD.BCST 80(DX), Z18, Z19; VFMADD213PD.BCST 72(DX), Z18, Z19; \
	VFMADD213PD.BCST 0(DX), Z18, Z19; VADDPD Z17, Z17, Z17; VMULPD Z17, Z19, Z19; \
	VFMADD231PD.BCST 32(DX), Z16, Z19

// PAIR turns words a and b into two normal numbers c and s.
#define PAIR(a, b, c, s) LOG(a); VMULPD.BCST 24(DX), Z19, Z19; VSQRTPD Z19, Z19; VPSLLQ $32, b, Z14; VPSRLQ $40, Z14, Z14; VCVTUQQ2PD Z14, Z14; \
	VMULPD.BCST 16(DX), Z14, Z14; VRNDSCALEPD $0, Z14, Z15; VSUBPD Z15, Z14, Z14; VMULPD.BCST 40(DX), Z14, Z14; \
	VCVTPD2QQ Z15, Z15; VMULPD Z14, Z14, Z16; VBROADCASTSD 176(DX), Z17; VFMADD213PD.BCST 168(DX), Z16, Z17; \
	VFMADD213PD.BCST 160(DX), Z16, Z17; VFMADD213PD.BCST 152(DX), Z16, Z17; VFMADD213PD.BCST 144(DX), Z16, Z17; \
	VFMADD213PD.BCST 136(DX), Z16, Z17; VFMADD213PD.BCST 0(DX), Z16, Z17; VMULPD Z14, Z17, Z17; \
	VBROADCASTSD 232(DX), Z18; VFMADD213PD.BCST 224(DX), Z16, Z18; VFMADD213PD.BCST 216(DX), Z16, Z18; \
	VFMADD213PD.BCST 208(DX), Z16, Z18; VFMADD213PD.BCST 200(DX), Z16, Z18; VFMADD213PD.BCST 192(DX), Z16, Z18; \
	VFMADD213PD.BCST 184(DX), Z16, Z18; VFMADD213PD.BCST 0(DX), Z16, Z18; VPTESTMQ.BCST 48(DX), Z15, K1; \
	VMOVAPD Z18, Z20; VMOVAPD Z17, K1, Z18; VMOVAPD Z20, K1, Z17; VPADDQ.BCST 48(DX), Z15, Z16; \
	VPANDQ.BCST 56(DX), Z16, Z16; VPSLLQ $62, Z16, Z16; VPXORQ Z16, Z18, Z18; VPANDQ.BCST 56(DX), Z15, Z15; \
	VPSLLQ $62, Z15, Z15; VPXORQ Z15, Z17, Z17; VMULPD Z19, Z18, Z18; VMULPD Z19, Z17, Z17; VCVTPD2PS Z18, c; \
	VCVTPD2PS Z17, s

DATA laneNumbers<>+0(SB)/8, $0
DATA laneNumbers<>+8(SB)/8, $1
DATA laneNumbers<>+16(SB)/8, $2
DATA laneNumbers<>+24(SB)/8, $3
DATA laneNumbers<>+32(SB)/8, $4
DATA laneNumbers<>+40(SB)/8, $5
DATA laneNumbers<>+48(SB)/8, $6
DATA laneNumbers<>+56(SB)/8, $7
GLOBL laneNumbers<>(SB), RODATA|NOPTR, $64

// func normalsAVX512(z *[32]float32, seed, step uint64, lane, stream uint32)
TEXT ·normalsAVX512(SB), NOSPLIT, $0-32
	MOVQ         z+0(FP), DI
	MOVQ         seed+8(FP), AX
	MOVQ         step+16(FP), BX
	MOVL         lane+24(FP), R8
	MOVL         stream+28(FP), R9
	VMOVDQU64    laneNumbers<>(SB), Z0
	WORDS
round:
	ROUND
	DECQ         CX
	JNE          round
	PAIR(Z0, Z1, Y24, Y25)
	PAIR(Z2, Z3, Y26, Y27)
	VMOVAPS      Z24, Z0
	VMOVAPS      Z25, Z1
	VMOVAPS      Z26, Z2
	VMOVAPS      Z27, Z3
	VUNPCKLPS    Y1, Y0, Y4
	VUNPCKHPS    Y1, Y0, Y5
	VUNPCKLPS    Y3, Y2, Y6
	VUNPCKHPS    Y3, Y2, Y7
	VUNPCKLPD    Y6, Y4, Y0
	VUNPCKHPD    Y6, Y4, Y1
	VUNPCKLPD    Y7, Y5, Y2
	VUNPCKHPD    Y7, Y5, Y3
	VMOVUPS      X0, (DI)
	VMOVUPS      X1, 16(DI)
	VMOVUPS      X2, 32(DI)
	VMOVUPS      X3, 48(DI)
	VEXTRACTF128 $1, Y0, 64(DI)
	VEXTRACTF128 $1, Y1, 80(DI)
	VEXTRACTF128 $1, Y2, 96(DI)
	VEXTRACTF128 $1, Y3, 112(DI)
	VZEROUPPER
	RET

// GAP turns the word in a register into a gap, at an offset of the result. Z21 is the factor, Z22 the largest gap.
#define GAP(a, offset) LOG(a); VMULPD Z21, Z19, Z19; VMINPD Z22, Z19, Z19; VCVTTPD2DQ Z19, Y19; VMOVDQU64 Y19, offset(DI)

// func gapsAVX512(gaps *[32]int32, seed, step uint64, lane, stream uint32, stride int, factor, most float64)
TEXT ·gapsAVX512(SB), NOSPLIT, $0-56
	MOVQ         gaps+0(FP), DI
	MOVQ         seed+8(FP), AX
	MOVQ         step+16(FP), BX
	MOVL         lane+24(FP), R8
	MOVL         stream+28(FP), R9
	MOVQ         stride+32(FP), R10
	VBROADCASTSD factor+40(FP), Z21
	VBROADCASTSD most+48(FP), Z22
	VPBROADCASTQ R10, Z0
	VPMULLQ      laneNumbers<>(SB), Z0, Z0
	WORDS
round:
	ROUND
	DECQ         CX
	JNE          round
	GAP(Z0, 0)
	GAP(Z1, 32)
	GAP(Z2, 64)
	GAP(Z3, 96)
	VZEROUPPER
	RET
