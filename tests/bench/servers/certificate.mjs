// For localhost and 127.0.0.1, for a hundred years. Everybody knows its key: it is
// for benchmarks only, also of servers on other platforms.

export const cert = `-----BEGIN CERTIFICATE-----
MIIBlzCCAT6gAwIBAgIUMWRUIJw09sAVZkIdT0/mcQ+jyCYwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNzAzMTkzM1oYDzIxMjYxMTAz
MDMxOTMzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARciUvsjFgzqSf483/loYkog1ZcVNCm8xMC1eqNr2YehYW00me7u2jz
NxjInqSF19xi2oLd83Y1wztgfwgC1MYZo2wwajAdBgNVHQ4EFgQUhlBINzknhhBP
2KXNVvSrQGRArcgwHwYDVR0jBBgwFoAUhlBINzknhhBP2KXNVvSrQGRArcgwGgYD
VR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMAwGA1UdEwEB/wQCMAAwCgYIKoZIzj0E
AwIDRwAwRAIgANm1T9RMoD1nYXBEDnGYfd32Um5xbCyZbMwa8jZxSF4CIG3XxHzT
pva/ZNo6+JsciAH4qCT1iG/h441Wh2KKLjTW
-----END CERTIFICATE-----
`;

export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgEL2raHUtyK8Tp4zY
7bzP7j3sXZej/PMVmnshS4uyKNyhRANCAARciUvsjFgzqSf483/loYkog1ZcVNCm
8xMC1eqNr2YehYW00me7u2jzNxjInqSF19xi2oLd83Y1wztgfwgC1MYZ
-----END PRIVATE KEY-----
`;
