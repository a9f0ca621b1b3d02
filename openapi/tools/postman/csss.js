const body = { ...read(resolved(pm.request.body.raw)), access_code: resolved("{{access_code}}"), version: "2.0" };
delete body.sign;
body.timestamp = String(Math.floor(Date.now() / 1000));
body.sign = crypto.HmacSHA1(content(body), resolved("{{secret}}")).toString(crypto.enc.Base64);
pm.request.body.update({ mode: "raw", raw: written(body) });
