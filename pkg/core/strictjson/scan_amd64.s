// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

//go:build amd64 && !purego

#include "textflag.h"
#include "vectors_amd64.h"

// MASK sets the bits of DST where the bytes of the vectors A and B are all ones.
#define MASK(A, B, DST, TMP) \
	VPMOVMSKB A, DST; \
	VPMOVMSKB B, TMP; \
	SHLQ $32, TMP; \
	ORQ TMP, DST

// ENTRY writes the offset of the lowest bit of BP to OUT and clears the bit.
#define ENTRY(OUT) \
	TZCNTQ BP, AX; \
	ADDL R8, AX; \
	MOVL AX, OUT; \
	BLSRQ BP, BP

// func scanBlocks(p *byte, blocks int, base uint32, out *uint32, s *vectorState) int
//
// SI  the block            R8   its offset        DI  where entries go
// R9  all ones inside a string at the start of the block, else zero
// R10 1 if the first byte is escaped, R11 1 if it continues a scalar
// R12 control characters inside strings
TEXT ·scanBlocks(SB), NOSPLIT, $8-48
	MOVQ p+0(FP), SI
	MOVQ blocks+8(FP), CX
	MOVL base+16(FP), R8
	MOVQ out+24(FP), DI
	MOVQ s+32(FP), BX
	MOVQ 0(BX), R9
	MOVQ 8(BX), R10
	MOVQ 16(BX), R11
	MOVQ 24(BX), R12
	VMOVDQU 32(BX), Y8
	VMOVDQU 64(BX), Y7
	VMOVDQU backslash<>(SB), Y0
	VMOVDQU quote<>(SB), Y1
	VMOVDQU spaces<>(SB), Y2
	VMOVDQU marks<>(SB), Y3
	VMOVDQU space<>(SB), Y4
	VMOVDQU control<>(SB), Y5
	VMOVDQU nibble<>(SB), Y6
	TESTQ CX, CX
	JZ    done

block:
	VMOVDQU (SI), Y9
	VMOVDQU 32(SI), Y10

	// DX = backslashes, R13 = quotes
	VPCMPEQB Y9, Y0, Y11
	VPCMPEQB Y10, Y0, Y12
	MASK(Y11, Y12, DX, AX)
	VPCMPEQB Y9, Y1, Y11
	VPCMPEQB Y10, Y1, Y12
	MASK(Y11, Y12, R13, AX)

	// DX = backslashes that start an escape; R13 loses escaped quotes. A run
	// of backslashes is separated by the carry of a subtraction.
	MOVQ DX, AX
	ORQ  R10, AX
	JZ   strings
	ANDNQ DX, R10, AX
	LEAQ (AX)(AX*1), R15
	ORQ  oddBits<>(SB), R15
	SUBQ AX, R15
	XORQ oddBits<>(SB), R15
	MOVQ DX, AX
	ORQ  R10, AX
	XORQ R15, AX
	ANDQ R15, DX
	MOVQ DX, R10
	SHRQ $63, R10
	ANDNQ R13, AX, R13

strings:
	// AX = inside strings, with the opening but not the closing quote
	VMOVQ R13, X11
	VPCMPEQB X12, X12, X12
	VPCLMULQDQ $0, X12, X11, X11
	VMOVQ X11, AX
	XORQ R9, AX
	MOVQ AX, R9
	SARQ $63, R9

	VPMAXUB Y9, Y5, Y11
	VPMAXUB Y10, Y5, Y12
	VPCMPEQB Y11, Y5, Y11
	VPCMPEQB Y12, Y5, Y12
	MASK(Y11, Y12, R15, BX)
	ANDQ AX, R15
	ORQ  R15, R12

	// R15 = punctuation, BX = white space
	VPSHUFB Y9, Y3, Y11
	VPSHUFB Y10, Y3, Y12
	VPOR Y9, Y4, Y13
	VPOR Y10, Y4, Y14
	VPCMPEQB Y11, Y13, Y11
	VPCMPEQB Y12, Y14, Y12
	MASK(Y11, Y12, R15, BX)
	VPSHUFB Y9, Y2, Y11
	VPSHUFB Y10, Y2, Y12
	VPCMPEQB Y11, Y9, Y11
	VPCMPEQB Y12, Y10, Y12
	MASK(Y11, Y12, BX, BP)

	// BP = first bytes of scalars
	ORQ  R15, BX
	NOTQ BX
	ANDNQ BX, R13, BP
	MOVQ BP, BX
	SHRQ $63, BX
	LEAQ (R11)(BP*2), R11
	ANDNQ BP, R11, BP
	MOVQ BX, R11

	// BP = all entries
	ORQ  R15, BP
	ANDNQ BP, AX, BP
	ORQ  R13, BP
	ORQ  DX, BP
	POPCNTQ BP, BX
	LEAQ (DI)(BX*4), DX
	ENTRY(0(DI))
	ENTRY(4(DI))
	ENTRY(8(DI))
	ENTRY(12(DI))
	CMPQ BX, $4
	JBE  text

more:
	ADDQ $16, DI
	ENTRY(0(DI))
	ENTRY(4(DI))
	ENTRY(8(DI))
	ENTRY(12(DI))
	LEAQ 16(DI), AX
	CMPQ AX, DX
	JB   more

text:
	MOVQ DX, DI

	// UTF-8 is checked unless this block and the vector before it are all ASCII.
	VPOR Y9, Y10, Y11
	VPOR Y8, Y11, Y11
	VPMOVMSKB Y11, AX
	TESTL AX, AX
	JZ   next
	UTF8(Y8, Y9)
	UTF8(Y9, Y10)

next:
	VMOVDQA Y10, Y8
	ADDQ $64, SI
	ADDL $64, R8
	DECQ CX
	JNZ  block

done:
	MOVQ s+32(FP), BX
	MOVQ R9, 0(BX)
	MOVQ R10, 8(BX)
	MOVQ R11, 16(BX)
	MOVQ R12, 24(BX)
	VMOVDQU Y8, 32(BX)
	VMOVDQU Y7, 64(BX)
	SUBQ out+24(FP), DI
	SHRQ $2, DI
	MOVQ DI, n+40(FP)
	VZEROUPPER
	RET
