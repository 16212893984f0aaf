"""The coefficients of polynomials, lowest first, by the type of the floats.

Made by docs/make_coefficients.py, which says what each is the polynomial of.
"""

from __future__ import annotations

__all__: list[str] = []

EXP = {
    "double": [
        float.fromhex("0x1.000000000000bp-1"),
        float.fromhex("0x1.5555555555561p-3"),
        float.fromhex("0x1.555555555002cp-5"),
        float.fromhex("0x1.111111110d5d6p-7"),
        float.fromhex("0x1.6c16c185a80d4p-10"),
        float.fromhex("0x1.a01a01bb0055fp-13"),
        float.fromhex("0x1.a0199691d2a32p-16"),
        float.fromhex("0x1.71dddf8bca2adp-19"),
        float.fromhex("0x1.28b04adf57172p-22"),
        float.fromhex("0x1.af85ea809b694p-26"),
    ],
    "float": [
        float.fromhex("0x1.0000000000000p-1"),
        float.fromhex("0x1.55548e0000000p-3"),
        float.fromhex("0x1.5554620000000p-5"),
        float.fromhex("0x1.123b540000000p-7"),
        float.fromhex("0x1.6db1ca0000000p-10"),
    ],
}
LOG = {
    "double": [
        float.fromhex("0x1.5555555555592p-1"),
        float.fromhex("0x1.999999997fd3bp-2"),
        float.fromhex("0x1.24924941f8d50p-2"),
        float.fromhex("0x1.c71c52027eab1p-3"),
        float.fromhex("0x1.7466406f0c0e0p-3"),
        float.fromhex("0x1.39a1909a072d0p-3"),
        float.fromhex("0x1.2f07253c9edebp-3"),
    ],
    "float": [
        float.fromhex("0x1.55557a0000000p-1"),
        float.fromhex("0x1.995eb40000000p-2"),
        float.fromhex("0x1.31e39e0000000p-2"),
    ],
}
SIN = {
    "double": [
        float.fromhex("-0x1.5555555555548p-3"),
        float.fromhex("0x1.111111110f686p-7"),
        float.fromhex("-0x1.a01a019bd3332p-13"),
        float.fromhex("0x1.71de354199016p-19"),
        float.fromhex("-0x1.ae5e3bcd18b01p-26"),
        float.fromhex("0x1.5d86acfda4cf3p-33"),
    ],
    "float": [
        float.fromhex("-0x1.5555560000000p-3"),
        float.fromhex("0x1.1111080000000p-7"),
        float.fromhex("-0x1.a00f480000000p-13"),
        float.fromhex("0x1.6cc5060000000p-19"),
    ],
}
COS = {
    "double": [
        float.fromhex("0x1.555555555554ap-5"),
        float.fromhex("-0x1.6c16c16c14e18p-10"),
        float.fromhex("0x1.a01a019c5e97cp-16"),
        float.fromhex("-0x1.27e4f7ceeb882p-22"),
        float.fromhex("0x1.1ee9c4647afddp-29"),
        float.fromhex("-0x1.8f9a69ba752dap-37"),
    ],
    "float": [
        float.fromhex("0x1.55554a0000000p-5"),
        float.fromhex("-0x1.6c0bfc0000000p-10"),
        float.fromhex("0x1.99db860000000p-16"),
    ],
}
POWER = {
    "double": [
        float.fromhex("0x1.9999999999996p-2"),
        float.fromhex("0x1.2492492493037p-2"),
        float.fromhex("0x1.c71c71c58024cp-3"),
        float.fromhex("0x1.745d18327389ep-3"),
        float.fromhex("0x1.3b1362ad34969p-3"),
        float.fromhex("0x1.1120b6f939b11p-3"),
        float.fromhex("0x1.de33399411833p-4"),
        float.fromhex("0x1.eb12f133b42dbp-4"),
    ],
}
SHORT_LOG = {
    "double": [
        float.fromhex("0x1.555554fd8f299p-1"),
        float.fromhex("0x1.999a7aab69309p-2"),
        float.fromhex("0x1.2438ce7c5514bp-2"),
        float.fromhex("0x1.e2f7da261b5a8p-3"),
    ],
}
SHORT_EXP = {
    "double": [
        float.fromhex("0x1.00000042e360dp-1"),
        float.fromhex("0x1.555555987619ep-3"),
        float.fromhex("0x1.55548064d578cp-5"),
        float.fromhex("0x1.11107c3436174p-7"),
        float.fromhex("0x1.6d967ab2c7ca5p-10"),
        float.fromhex("0x1.a1b90b646b5f4p-13"),
    ],
}
CBRT = {
    "double": [
        float.fromhex("0x1.97ebc98dcbff7p-2"),
        float.fromhex("0x1.3270cc8c92f49p+0"),
        float.fromhex("-0x1.2fdc33d4f6eb8p+0"),
        float.fromhex("0x1.f12779bb6456ep-1"),
        float.fromhex("-0x1.0793c5eeb655cp-1"),
        float.fromhex("0x1.3ef1444199baep-3"),
        float.fromhex("-0x1.4de3e6e68c177p-6"),
    ],
    "float": [
        float.fromhex("0x1.f854600000000p-2"),
        float.fromhex("0x1.7abc5e0000000p-1"),
        float.fromhex("-0x1.29593c0000000p-2"),
        float.fromhex("0x1.dcf2360000000p-5"),
    ],
}
ERF = {
    "double": [
        float.fromhex("0x1.06eba8214db69p-3"),
        float.fromhex("-0x1.812746b0379e6p-2"),
        float.fromhex("0x1.ce2f21a042b24p-4"),
        float.fromhex("-0x1.b82ce31284a6bp-6"),
        float.fromhex("0x1.565bcd0db1c62p-8"),
        float.fromhex("-0x1.c02db3d92b814p-11"),
        float.fromhex("0x1.f9a321a75af73p-14"),
        float.fromhex("-0x1.f4d1dfa4d24d6p-17"),
        float.fromhex("0x1.b9def68656dcfp-20"),
        float.fromhex("-0x1.5f1d5d19a85cbp-23"),
        float.fromhex("0x1.f7a591b6dc4bep-27"),
        float.fromhex("-0x1.386f17146abd5p-30"),
        float.fromhex("0x1.0584b8720ecc7p-34"),
    ],
    "float": [
        float.fromhex("0x1.06eba80000000p-3"),
        float.fromhex("-0x1.81273e0000000p-2"),
        float.fromhex("0x1.ce2d000000000p-4"),
        float.fromhex("-0x1.b7f9800000000p-6"),
        float.fromhex("0x1.5408a60000000p-8"),
        float.fromhex("-0x1.a409a60000000p-11"),
        float.fromhex("0x1.49979c0000000p-14"),
    ],
}
ERFC = {
    "double": [
        float.fromhex("0x1.058671b52c776p-2"),
        float.fromhex("-0x1.b57034efd3f50p-2"),
        float.fromhex("0x1.eeea7dc8a7a34p-3"),
        float.fromhex("-0x1.437f0b68cd77ap-4"),
        float.fromhex("0x1.e94715868ef81p-9"),
        float.fromhex("0x1.ca95ed7b0f4b3p-8"),
        float.fromhex("-0x1.bc258b80b24e6p-11"),
        float.fromhex("-0x1.016b462129ed4p-10"),
        float.fromhex("0x1.6d38d09b8a985p-15"),
        float.fromhex("0x1.6d7e4ba10e118p-13"),
        float.fromhex("0x1.cea2668d3c8e3p-16"),
        float.fromhex("-0x1.c011e16ae7c40p-16"),
        float.fromhex("-0x1.aa8e229ab7b5ap-17"),
    ],
    "float": [
        float.fromhex("0x1.0586720000000p-2"),
        float.fromhex("-0x1.b570360000000p-2"),
        float.fromhex("0x1.eee9fa0000000p-3"),
        float.fromhex("-0x1.4388560000000p-4"),
        float.fromhex("0x1.e8a0500000000p-9"),
        float.fromhex("0x1.d88b160000000p-8"),
    ],
}
SINH = {
    "double": [
        float.fromhex("0x1.5555555555556p-3"),
        float.fromhex("0x1.11111111110a6p-7"),
        float.fromhex("0x1.a01a01a028996p-13"),
        float.fromhex("0x1.71de3a465b656p-19"),
        float.fromhex("0x1.ae64671ae448ap-26"),
        float.fromhex("0x1.611a563133736p-33"),
        float.fromhex("0x1.b4c754ef9ab87p-41"),
    ],
    "float": [
        float.fromhex("0x1.5555560000000p-3"),
        float.fromhex("0x1.1111340000000p-7"),
        float.fromhex("0x1.9ffe920000000p-13"),
        float.fromhex("0x1.7a15d00000000p-19"),
    ],
}
ARCTAN = {
    "double": [
        float.fromhex("-0x1.5555555555516p-2"),
        float.fromhex("0x1.9999999991159p-3"),
        float.fromhex("-0x1.249249215e420p-3"),
        float.fromhex("0x1.c71c709101dfdp-4"),
        float.fromhex("-0x1.745cf4cd3795cp-4"),
        float.fromhex("0x1.3b113ddba73b8p-4"),
        float.fromhex("-0x1.10f320067e601p-4"),
        float.fromhex("0x1.dfe9829fec738p-5"),
        float.fromhex("-0x1.a3988fffe9bb8p-5"),
        float.fromhex("0x1.56f62d7b430b0p-5"),
        float.fromhex("-0x1.c180f6eb4831cp-6"),
        float.fromhex("0x1.4b8578d374beep-7"),
    ],
    "float": [
        float.fromhex("-0x1.5555520000000p-2"),
        float.fromhex("0x1.9996ec0000000p-3"),
        float.fromhex("-0x1.244aca0000000p-3"),
        float.fromhex("0x1.c0246e0000000p-4"),
        float.fromhex("-0x1.4706820000000p-4"),
        float.fromhex("0x1.3d36fe0000000p-5"),
    ],
}
ARCSIN = {
    "double": [
        float.fromhex("0x1.5555555555577p-3"),
        float.fromhex("0x1.333333332e0f7p-4"),
        float.fromhex("0x1.6db6db72149ddp-5"),
        float.fromhex("0x1.f1c71a943d611p-6"),
        float.fromhex("0x1.6e8bdef1d8d3cp-6"),
        float.fromhex("0x1.1c49ef40b156fp-6"),
        float.fromhex("0x1.ca1fa5bc3ab20p-7"),
        float.fromhex("0x1.7584d1ff8d269p-7"),
        float.fromhex("0x1.61404c5688c40p-7"),
        float.fromhex("0x1.e5c04f1e4b0d2p-9"),
        float.fromhex("0x1.63abbf26d9b98p-6"),
        float.fromhex("-0x1.58120ebdfcfdfp-6"),
        float.fromhex("0x1.0b4ce115cb984p-5"),
    ],
    "float": [
        float.fromhex("0x1.55554c0000000p-3"),
        float.fromhex("0x1.33387c0000000p-4"),
        float.fromhex("0x1.6caee00000000p-5"),
        float.fromhex("0x1.0491560000000p-5"),
        float.fromhex("0x1.d922bc0000000p-7"),
        float.fromhex("0x1.3355000000000p-5"),
    ],
}
TANH_TOP = {
    "double": [
        float.fromhex("-0x1.5555555555555p-2"),
        float.fromhex("-0x1.4fda3296bc87dp-6"),
        float.fromhex("-0x1.a1b4e5dd75bf5p-13"),
    ],
    "float": [
        float.fromhex("-0x1.5555560000000p-2"),
        float.fromhex("-0x1.e414da0000000p-7"),
    ],
}
TANH_BOTTOM = {
    "double": [
        float.fromhex("0x1.0000000000000p+0"),
        float.fromhex("0x1.d8928315dcef2p-2"),
        float.fromhex("0x1.7d9aed2c18586p-6"),
        float.fromhex("0x1.b121f4bca84dep-13"),
    ],
    "float": [
        float.fromhex("0x1.0000000000000p+0"),
        float.fromhex("0x1.c6fb8e0000000p-2"),
        float.fromhex("0x1.033e000000000p-6"),
    ],
}
# constants as whole numbers: the first 256 bits after the point; of 2 / pi, the first 1216
LN2 = 0xB17217F7D1CF79ABC9E3B39803F2F6AF40F343267298B62D8A0D175B8BAAFA2B
LOG2E = 0x171547652B82FE1777D0FFDA0D23A7D11D6AEF551BAD2B4B1164A2CD9A342648F
LN10 = 0x24D763776AAA2B05BA95B58AE0B4C28A38A3FB3E76977E43A0F187A0807C0B5CA
PI = 0x3243F6A8885A308D313198A2E03707344A4093822299F31D0082EFA98EC4E6C89
TWO_OVER_PI = int(
    "A2F9836E4E441529FC2757D1F534DDC0DB6295993C439041FE5163ABDEBBC561B7246E3A424D"
    "D2E006492EEA09D1921CFE1DEB1CB129A73EE88235F52EBB4484E99C7026B45F7E413991D639"
    "835339F49C845F8BBDF9283B1FF897FFDE05980FEF2F118B5A0A6D1F6D367ECF27CB09B74F46"
    "3F669E5FEA2D7527BAC7EBE5F17B3D0739F78A5292EA6BFB5FB11F8D5D0856033046FC7B6BAB",
    16,
)
