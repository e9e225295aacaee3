// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Constants and macros that the assembly files of this package share.

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

DATA lead3high<>+0(SB)/8, $0xe1e1e1e1e1e1e1e1
DATA lead3high<>+8(SB)/8, $0xe1e1e1e1e1e1e1e1
DATA lead3high<>+16(SB)/8, $0xe1e1e1e1e1e1e1e1
DATA lead3high<>+24(SB)/8, $0xe1e1e1e1e1e1e1e1
GLOBL lead3high<>(SB), RODATA|NOPTR, $32

DATA firstLetter<>+0(SB)/8, $0x6161616161616161
DATA firstLetter<>+8(SB)/8, $0x6161616161616161
DATA firstLetter<>+16(SB)/8, $0x6161616161616161
DATA firstLetter<>+24(SB)/8, $0x6161616161616161
GLOBL firstLetter<>(SB), RODATA|NOPTR, $32

DATA letters<>+0(SB)/8, $0x1919191919191919
DATA letters<>+8(SB)/8, $0x1919191919191919
DATA letters<>+16(SB)/8, $0x1919191919191919
DATA letters<>+24(SB)/8, $0x1919191919191919
GLOBL letters<>(SB), RODATA|NOPTR, $32

DATA oddBits<>(SB)/8, $0xaaaaaaaaaaaaaaaa
GLOBL oddBits<>(SB), RODATA|NOPTR, $8

// UTF8 adds to Y7 the errors in the vector IN, which follows PREV. It uses the method of Keiser and
// Lemire, "Validating UTF-8 In Less Than One Instruction Per Byte": each kind of error has a bit. A
// pair of bytes has an error if that bit is set in all three look-ups by its bytes. Y6 holds nibbles.
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
