// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

//go:build amd64 && !purego

#include "textflag.h"

// Each constant fills a vector. The tables are looked up by half a byte.

DATA backslash<>+0(SB)/8, $0x5c5c5c5c5c5c5c5c
DATA backslash<>+8(SB)/8, $0x5c5c5c5c5c5c5c5c
DATA backslash<>+16(SB)/8, $0x5c5c5c5c5c5c5c5c
DATA backslash<>+24(SB)/8, $0x5c5c5c5c5c5c5c5c
GLOBL backslash<>(SB), RODATA|NOPTR, $32

DATA quote<>+0(SB)/8, $0x2222222222222222
DATA quote<>+8(SB)/8, $0x2222222222222222
DATA quote<>+16(SB)/8, $0x2222222222222222
DATA quote<>+24(SB)/8, $0x2222222222222222
GLOBL quote<>(SB), RODATA|NOPTR, $32

DATA space<>+0(SB)/8, $0x2020202020202020
DATA space<>+8(SB)/8, $0x2020202020202020
DATA space<>+16(SB)/8, $0x2020202020202020
DATA space<>+24(SB)/8, $0x2020202020202020
GLOBL space<>(SB), RODATA|NOPTR, $32

DATA control<>+0(SB)/8, $0x1f1f1f1f1f1f1f1f
DATA control<>+8(SB)/8, $0x1f1f1f1f1f1f1f1f
DATA control<>+16(SB)/8, $0x1f1f1f1f1f1f1f1f
DATA control<>+24(SB)/8, $0x1f1f1f1f1f1f1f1f
GLOBL control<>(SB), RODATA|NOPTR, $32

DATA nibble<>+0(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA nibble<>+8(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA nibble<>+16(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA nibble<>+24(SB)/8, $0x0f0f0f0f0f0f0f0f
GLOBL nibble<>(SB), RODATA|NOPTR, $32

DATA spaces<>+0(SB)/8, $0x0271641164646420
DATA spaces<>+8(SB)/8, $0x64640d64700a0964
DATA spaces<>+16(SB)/8, $0x0271641164646420
DATA spaces<>+24(SB)/8, $0x64640d64700a0964
GLOBL spaces<>(SB), RODATA|NOPTR, $32

DATA marks<>+0(SB)/8, $0x0000000000000000
DATA marks<>+8(SB)/8, $0x00007d2c7b3a0000
DATA marks<>+16(SB)/8, $0x0000000000000000
DATA marks<>+24(SB)/8, $0x00007d2c7b3a0000
GLOBL marks<>(SB), RODATA|NOPTR, $32

DATA firstHigh<>+0(SB)/8, $0x0202020202020202
DATA firstHigh<>+8(SB)/8, $0x4915012180808080
DATA firstHigh<>+16(SB)/8, $0x0202020202020202
DATA firstHigh<>+24(SB)/8, $0x4915012180808080
GLOBL firstHigh<>(SB), RODATA|NOPTR, $32

DATA firstLow<>+0(SB)/8, $0xcbcbcb8b8383a3e7
DATA firstLow<>+8(SB)/8, $0xcbcbdbcbcbcbcbcb
DATA firstLow<>+16(SB)/8, $0xcbcbcb8b8383a3e7
DATA firstLow<>+24(SB)/8, $0xcbcbdbcbcbcbcbcb
GLOBL firstLow<>(SB), RODATA|NOPTR, $32

DATA secondHigh<>+0(SB)/8, $0x0101010101010101
DATA secondHigh<>+8(SB)/8, $0x01010101babaaee6
DATA secondHigh<>+16(SB)/8, $0x0101010101010101
DATA secondHigh<>+24(SB)/8, $0x01010101babaaee6
GLOBL secondHigh<>(SB), RODATA|NOPTR, $32

DATA third<>+0(SB)/8, $0x6060606060606060
DATA third<>+8(SB)/8, $0x6060606060606060
DATA third<>+16(SB)/8, $0x6060606060606060
DATA third<>+24(SB)/8, $0x6060606060606060
GLOBL third<>(SB), RODATA|NOPTR, $32

DATA fourth<>+0(SB)/8, $0x7070707070707070
DATA fourth<>+8(SB)/8, $0x7070707070707070
DATA fourth<>+16(SB)/8, $0x7070707070707070
DATA fourth<>+24(SB)/8, $0x7070707070707070
GLOBL fourth<>(SB), RODATA|NOPTR, $32

DATA high<>+0(SB)/8, $0x8080808080808080
DATA high<>+8(SB)/8, $0x8080808080808080
DATA high<>+16(SB)/8, $0x8080808080808080
DATA high<>+24(SB)/8, $0x8080808080808080
GLOBL high<>(SB), RODATA|NOPTR, $32

DATA lead2<>+0(SB)/8, $0xc0c0c0c0c0c0c0c0
DATA lead2<>+8(SB)/8, $0xc0c0c0c0c0c0c0c0
DATA lead2<>+16(SB)/8, $0xc0c0c0c0c0c0c0c0
DATA lead2<>+24(SB)/8, $0xc0c0c0c0c0c0c0c0
GLOBL lead2<>(SB), RODATA|NOPTR, $32

DATA lead3<>+0(SB)/8, $0xe0e0e0e0e0e0e0e0
DATA lead3<>+8(SB)/8, $0xe0e0e0e0e0e0e0e0
DATA lead3<>+16(SB)/8, $0xe0e0e0e0e0e0e0e0
DATA lead3<>+24(SB)/8, $0xe0e0e0e0e0e0e0e0
GLOBL lead3<>(SB), RODATA|NOPTR, $32

DATA lead4<>+0(SB)/8, $0xf0f0f0f0f0f0f0f0
DATA lead4<>+8(SB)/8, $0xf0f0f0f0f0f0f0f0
DATA lead4<>+16(SB)/8, $0xf0f0f0f0f0f0f0f0
DATA lead4<>+24(SB)/8, $0xf0f0f0f0f0f0f0f0
GLOBL lead4<>(SB), RODATA|NOPTR, $32

DATA oddBits<>(SB)/8, $0xaaaaaaaaaaaaaaaa
GLOBL oddBits<>(SB), RODATA|NOPTR, $8

// MASK sets the bits of DST where the bytes of the vectors A and B are all ones.
#define MASK(A, B, DST, TMP) \
	VPMOVMSKB A, DST; \
	VPMOVMSKB B, TMP; \
	SHLQ $32, TMP; \
	ORQ TMP, DST

// UTF8 adds to Y7 what is wrong in the vector IN that follows PREV. It is the
// method of Keiser and Lemire, "Validating UTF-8 In Less Than One Instruction Per
// Byte": each kind of fault has a bit, and three look-ups by the first and the
// second byte of a pair agree on it. Y6 holds nibbles.
#define UTF8(PREV, IN) \
	VPERM2I128 $0x21, IN, PREV, Y11; \
	VPALIGNR $15, Y11, IN, Y12; \
	VPSRLW $4, Y12, Y13; \
	VPAND Y6, Y13, Y13; \
	VMOVDQU firstHigh<>(SB), Y14; \
	VPSHUFB Y13, Y14, Y13; \
	VPAND Y6, Y12, Y12; \
	VMOVDQU firstLow<>(SB), Y14; \
	VPSHUFB Y12, Y14, Y12; \
	VPAND Y12, Y13, Y13; \
	VPSRLW $4, IN, Y12; \
	VPAND Y6, Y12, Y12; \
	VMOVDQU secondHigh<>(SB), Y14; \
	VPSHUFB Y12, Y14, Y12; \
	VPAND Y12, Y13, Y13; \
	VPALIGNR $14, Y11, IN, Y12; \
	VPSUBUSB third<>(SB), Y12, Y12; \
	VPALIGNR $13, Y11, IN, Y14; \
	VPSUBUSB fourth<>(SB), Y14, Y14; \
	VPOR Y14, Y12, Y12; \
	VPAND high<>(SB), Y12, Y12; \
	VPXOR Y13, Y12, Y12; \
	VPOR Y12, Y7, Y7

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
// R10 1 if the first byte is escaped, R11 1 if it goes on with a scalar
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
	// of backslashes is told apart by the carry of a subtraction.
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

	// UTF-8 is looked into unless all of it is ASCII, and the vector before.
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

// func countVectors(p *byte, n int) (two, three, four int)
//
// A byte is at least a bound if the larger of both is the byte itself.
TEXT ·countVectors(SB), NOSPLIT, $0-40
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX
	XORQ R8, R8
	XORQ R9, R9
	XORQ R10, R10
	VMOVDQU lead2<>(SB), Y1
	VMOVDQU lead3<>(SB), Y2
	VMOVDQU lead4<>(SB), Y3

vector:
	VMOVDQU (SI), Y0
	VPMOVMSKB Y0, AX
	TESTL AX, AX
	JZ   ascii
	VPMAXUB Y0, Y1, Y4
	VPCMPEQB Y4, Y0, Y4
	VPMOVMSKB Y4, AX
	POPCNTL AX, AX
	ADDQ AX, R8
	VPMAXUB Y0, Y2, Y4
	VPCMPEQB Y4, Y0, Y4
	VPMOVMSKB Y4, AX
	POPCNTL AX, AX
	ADDQ AX, R9
	VPMAXUB Y0, Y3, Y4
	VPCMPEQB Y4, Y0, Y4
	VPMOVMSKB Y4, AX
	POPCNTL AX, AX
	ADDQ AX, R10

ascii:
	ADDQ $32, SI
	SUBQ $32, CX
	JNZ  vector
	SUBQ R9, R8
	SUBQ R10, R9
	MOVQ R8, two+16(FP)
	MOVQ R9, three+24(FP)
	MOVQ R10, four+32(FP)
	VZEROUPPER
	RET
