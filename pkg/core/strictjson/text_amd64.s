// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

//go:build amd64 && !purego

#include "textflag.h"
#include "vectors_amd64.h"

// Letters of escapes of two bytes.
DATA shortEscape<>+0(SB)/8, $0x0000000000000000
DATA shortEscape<>+8(SB)/8, $0x0000000000000000
DATA shortEscape<>+16(SB)/8, $0x0000000000000000
DATA shortEscape<>+24(SB)/8, $0x0000000000000000
DATA shortEscape<>+32(SB)/8, $0x0000000000010000
DATA shortEscape<>+40(SB)/8, $0x0100000000000000
DATA shortEscape<>+48(SB)/8, $0x0000000000000000
DATA shortEscape<>+56(SB)/8, $0x0000000000000000
DATA shortEscape<>+64(SB)/8, $0x0000000000000000
DATA shortEscape<>+72(SB)/8, $0x0000000000000000
DATA shortEscape<>+80(SB)/8, $0x0000000000000000
DATA shortEscape<>+88(SB)/8, $0x0000000100000000
DATA shortEscape<>+96(SB)/8, $0x0001000000010000
DATA shortEscape<>+104(SB)/8, $0x0001000000000000
DATA shortEscape<>+112(SB)/8, $0x0000000100010000
DATA shortEscape<>+120(SB)/8, $0x0000000000000000
DATA shortEscape<>+128(SB)/8, $0x0000000000000000
DATA shortEscape<>+136(SB)/8, $0x0000000000000000
DATA shortEscape<>+144(SB)/8, $0x0000000000000000
DATA shortEscape<>+152(SB)/8, $0x0000000000000000
DATA shortEscape<>+160(SB)/8, $0x0000000000000000
DATA shortEscape<>+168(SB)/8, $0x0000000000000000
DATA shortEscape<>+176(SB)/8, $0x0000000000000000
DATA shortEscape<>+184(SB)/8, $0x0000000000000000
DATA shortEscape<>+192(SB)/8, $0x0000000000000000
DATA shortEscape<>+200(SB)/8, $0x0000000000000000
DATA shortEscape<>+208(SB)/8, $0x0000000000000000
DATA shortEscape<>+216(SB)/8, $0x0000000000000000
DATA shortEscape<>+224(SB)/8, $0x0000000000000000
DATA shortEscape<>+232(SB)/8, $0x0000000000000000
DATA shortEscape<>+240(SB)/8, $0x0000000000000000
DATA shortEscape<>+248(SB)/8, $0x0000000000000000
GLOBL shortEscape<>(SB), RODATA|NOPTR, $256

// COUNT adds to REG the bytes of the vector IN that are at least BOUND, among
// those that the bits of R15 select. For such a byte, the maximum is the byte itself.
#define COUNT(IN, BOUND, REG) \
	VPMAXUB BOUND, IN, Y12; \
	VPCMPEQB Y12, IN, Y12; \
	VPMOVMSKB Y12, AX; \
	ANDL R15, AX; \
	POPCNTL AX, AX; \
	ADDQ AX, REG

// func scanText(p *byte, n int, t *textState) int
//
// SI  the vector           CX  the end, less one vector    DX  stops in it
// BX  short escapes        R11 letters and spaces          R15 bytes that count
// R8, R9, R12, R10 first bytes from 0xC0, 0xE0, 0xE1, 0xF0 on
// R13 the distance to the next vector                      DI  short escapes
// Y7 the errors, Y8 the previous vector, Y9 the vector
TEXT ·scanText(SB), NOSPLIT, $8-32
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX
	LEAQ -33(SI)(CX*1), CX
	LEAQ shortEscape<>(SB), DI
	XORQ BX, BX
	XORQ R8, R8
	XORQ R9, R9
	XORQ R10, R10
	XORQ R11, R11
	XORQ R12, R12
	VPXOR Y7, Y7, Y7
	VPXOR Y8, Y8, Y8
	VMOVDQU backslash<>(SB), Y0
	VMOVDQU quote<>(SB), Y1
	VMOVDQU lead2<>(SB), Y2
	VMOVDQU lead3<>(SB), Y3
	VMOVDQU lead4<>(SB), Y4
	VMOVDQU control<>(SB), Y5
	VMOVDQU nibble<>(SB), Y6
	VMOVDQU space<>(SB), Y15

text:
	CMPQ SI, CX
	JA   open
	VMOVDQU (SI), Y9
	VPCMPEQB Y9, Y0, Y10
	VPCMPEQB Y9, Y1, Y11
	VPMAXUB Y9, Y5, Y12
	VPCMPEQB Y12, Y5, Y12
	VPOR Y10, Y11, Y10
	VPOR Y12, Y10, Y10
	VPMOVMSKB Y10, DX
	MOVL $-1, R15
	MOVL $32, R13
	TESTL DX, DX
	JNZ  stop

count:
	VPOR Y9, Y15, Y10
	VPSUBB firstLetter<>(SB), Y10, Y10
	VPMINUB letters<>(SB), Y10, Y12
	VPCMPEQB Y12, Y10, Y12
	VPCMPEQB Y9, Y15, Y10
	VPOR Y10, Y12, Y12
	VPMOVMSKB Y12, AX
	ANDL R15, AX
	POPCNTL AX, AX
	ADDQ AX, R11
	VPOR Y8, Y9, Y11
	VPMOVMSKB Y11, AX
	TESTL AX, AX
	JNZ  wide

narrow:
	TESTL DX, DX
	JNZ  done
	VMOVDQA Y9, Y8
	ADDQ R13, SI
	JMP  text

wide:
	COUNT(Y9, Y2, R8)
	COUNT(Y9, Y3, R9)
	COUNT(Y9, Y4, R10)
	VMOVDQU lead3high<>(SB), Y10
	COUNT(Y9, Y10, R12)
	UTF8(Y8, Y9)
	JMP  narrow

stop:
	TZCNTL DX, AX
	CMPB (SI)(AX*1), $0x5c
	JNE  last
	MOVBLZX 1(SI)(AX*1), BP
	CMPB (DI)(BP*1), $0
	JE   last

	// The escaped byte neither stops the scan nor counts. If it is in the next vector,
	// the next vector starts after it, and a backslash may end this one.
	INCQ BX
	BLSRL DX, DX
	INCL AX
	CMPL AX, $32
	JE   split
	BTRL AX, R15
	BTRL AX, DX
	TESTL DX, DX
	JNZ  stop
	JMP  count

split:
	MOVL $33, R13
	JMP  count

last:
	LEAL -1(DX), AX
	ANDNL AX, DX, AX
	ANDL AX, R15
	JMP  count

open:
	XORQ DX, DX
	NOTQ DX
	MOVQ DX, at+24(FP)
	VZEROUPPER
	RET

done:
	TZCNTL DX, AX
	ADDQ AX, SI
	MOVQ t+16(FP), DI
	SUBQ R9, R8
	SUBQ R12, R9
	SUBQ R10, R12
	ADDQ BX, 0(DI)
	ADDQ R11, 8(DI)
	ADDQ R8, 16(DI)
	ADDQ R9, 24(DI)
	ADDQ R12, 32(DI)
	ADDQ R10, 40(DI)
	VPTEST Y7, Y7
	SETNE AX
	ORB  AX, 48(DI)
	SUBQ p+0(FP), SI
	MOVQ SI, at+24(FP)
	VZEROUPPER
	RET
